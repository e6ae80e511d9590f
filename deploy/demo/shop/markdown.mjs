/** A small, safe Markdown: text is escaped first, so that no HTML of the author survives. */
import { escapeHtml, Html, safeUrl } from './html.mjs';

/** @param {string} escaped */
function inline(escaped) {
  return escaped
    .replace(/`([^`\n]+)`/g, '<code>$1</code>')
    .replace(
      /!?\[([^\]\n]*)\]\(([^\s)]+)(?:\s[^)\n]*)?\)/g,
      (_, label, url) => `<a rel="nofollow" href="${safeUrl(url)}">${label}</a>`,
    )
    .replace(/\*\*([^*\n]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*\n]+)\*/g, '<em>$1</em>');
}

/** @param {string} block one paragraph, list, heading, quote or table, escaped */
function renderBlock(block) {
  const heading = /^(#{1,4}) (.*)$/s.exec(block);
  if (heading) return `<h${heading[1].length + 2}>${inline(heading[2])}</h${heading[1].length + 2}>`;
  const lines = block.split('\n');
  if (lines.every((line) => /^(?:[-*]|\d+\.) /.test(line))) {
    return `<ul>${lines.map((line) => `<li>${inline(line.replace(/^(?:[-*]|\d+\.) /, ''))}</li>`).join('')}</ul>`;
  }
  if (block.startsWith('&gt; ')) return `<blockquote>${inline(block.replace(/^&gt; /gm, ''))}</blockquote>`;
  if (lines.every((line) => line.startsWith('|'))) {
    const cells = (/** @type {string} */ line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => `<td>${inline(cell.trim())}</td>`)
        .join('');
    return `<table>${lines
      .filter((line) => !/^[|:\-\s]+$/.test(line))
      .map((line) => `<tr>${cells(line)}</tr>`)
      .join('')}</table>`;
  }
  return `<p>${inline(block).replaceAll('\n', '<br>')}</p>`;
}

/** @param {string} source @returns {Html} */
export function renderMarkdown(source) {
  const escaped = escapeHtml(source.replaceAll('\r\n', '\n'));
  const parts = escaped.split(/^```.*$/m);
  // Odd parts stand between two fences.
  return new Html(
    parts
      .map((part, n) =>
        n % 2 === 1
          ? `<pre><code>${part.replace(/^\n/, '')}</code></pre>`
          : part
              .split(/\n{2,}/)
              .map((block) => block.trim())
              .filter(Boolean)
              .map(renderBlock)
              .join('\n'),
      )
      .join('\n'),
  );
}
