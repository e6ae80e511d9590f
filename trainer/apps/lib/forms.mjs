/** Reads forms off pages and fills them, as a browser would. */

/** A form's hidden inputs and present values, so that it can be sent back as a browser does. @param {string} html @param {RegExp} form */
export function formFields(html, form) {
  const at = html.search(form);
  const part = at === -1 ? '' : html.slice(at, html.indexOf('</form>', at));
  /** @type {[string, string][]} */
  const fields = [];
  for (const [tag] of part.matchAll(/<(?:input|textarea|select)\b[^>]*>/g)) {
    const name = attribute(tag, 'name');
    if (!name) continue;
    const type = attribute(tag, 'type') ?? 'text';
    if (['submit', 'button', 'image', 'file', 'reset'].includes(type)) continue;
    if (['checkbox', 'radio'].includes(type) && !/\bchecked\b/.test(tag)) continue;
    let value = attribute(tag, 'value') ?? (type === 'checkbox' ? 'on' : '');
    const from = part.indexOf(tag) + tag.length;
    if (tag.startsWith('<textarea')) value = unescapeHtml(part.slice(from, part.indexOf('</textarea>', from)));
    if (tag.startsWith('<select')) {
      const options = [...part.slice(from, part.indexOf('</select>', from)).matchAll(/<option\b[^>]*>/g)].map(
        ([option]) => option,
      );
      const chosen = options.find((option) => /\bselected\b/.test(option)) ?? options[0];
      value = chosen ? (attribute(chosen, 'value') ?? '') : '';
    }
    fields.push([name, value]);
  }
  return fields;
}

/** Fields with some values replaced, or added. @param {[string, string][]} fields @param {Record<string, string | number>} values */
export function withValues(fields, values) {
  const left = new Map(Object.entries(values));
  /** @type {[string, string | number][]} */
  const result = fields.map(([name, value]) => {
    const own = left.get(name);
    left.delete(name);
    return [name, own ?? value];
  });
  return [...result, ...left];
}

/** @param {string} tag @param {string} name */
function attribute(tag, name) {
  const match = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`).exec(tag);
  return match ? unescapeHtml(match[1] ?? match[2] ?? '') : undefined;
}

/** @param {string} text */
export function unescapeHtml(text) {
  return text
    .replace(/&#0*39;|&#8217;/g, "'")
    .replace(/&quot;|&#034;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&#0*38;|&amp;/g, '&');
}

/** The first group of the first match; a missing nonce must not go unnoticed. @param {string} text @param {RegExp} pattern */
export function find(text, pattern) {
  const match = pattern.exec(text);
  if (!match) throw new Error(`no ${pattern} on the page`);
  return match[1];
}
