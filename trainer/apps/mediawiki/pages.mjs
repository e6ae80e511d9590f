/** Titles that exist, and wikitext. */
import { makeCode } from '../lib/code.mjs';
import { makeProse, makeSentence, makeTitle, makeTopic } from '../lib/words.mjs';

/** Wikitext must not have these in titles (MediaWiki, `$wgLegalTitleChars`). @param {string} text */
export function legalTitle(text) {
  const title = text
    .replace(/[<>[\]{}|#_\x00-\x1f]/g, '')
    .replace(/\s+/g, ' ')
    .replace(/^[\s:.]+|[\s.]+$/g, '')
    .replace(/~{3,}/g, '')
    .replace(/%[0-9a-fA-F]{2}/g, '%')
    .slice(0, 80)
    .trim();
  return title === '' ? 'Untitled' : title[0].toUpperCase() + title.slice(1);
}

/** @param {any} world @returns {string} a page that somebody wrote, or a page of the wiki itself */
export function knownTitle(world) {
  const titles = world.shared.get('titles') ?? [];
  return titles.length > 0 && world.random.chance(0.85) ? world.random.pick(titles) : 'Main Page';
}

/** @param {any} world @param {string} title */
export function remember(world, title) {
  world.shared.set('titles', [...new Set([...(world.shared.get('titles') ?? []), title])].slice(-60));
}

/** @param {string} title as MediaWiki puts it into a path */
export function pathOf(title) {
  return `/wiki/${encodeURIComponent(title.replaceAll(' ', '_'))
    .replace(/%(3A|2F|40|24|21|2A|28|29|2C|3B)/g, (code) => decodeURIComponent(code))
    .replaceAll("'", '%27')}`;
}

/** @param {import('../../../deploy/demo/traffic/random.mjs').Random} random */
export function makeWikitext(random) {
  const parts = [`'''${makeTitle(random)}''' is about ''${makeSentence(random)}''`, makeProse(random, 1, 4)];
  if (random.chance(0.6))
    parts.push(
      `== ${makeTitle(random)} ==\n${Array.from({ length: random.int(2, 5) }, () => `${random.pick(['*', '**', '#', ':'])} ${makeSentence(random)}`).join('\n')}`,
    );
  if (random.chance(0.5)) {
    const { language, code } = makeCode(random);
    parts.push(
      random.pick([
        `<syntaxhighlight lang="${language}">\n${code}\n</syntaxhighlight>`,
        `<pre>\n${code}\n</pre>`,
        `<nowiki>${code}</nowiki>`,
        code
          .split('\n')
          .map((line) => ` ${line}`)
          .join('\n'),
      ]),
    );
  }
  if (random.chance(0.4))
    parts.push(
      `{| class="wikitable"\n! ${makeTopic(random)} !! ${makeTopic(random)}\n|-\n| ${random.int(1, 999)} || style="color:#${random.hex(6)}" | ${makeSentence(random)}\n|}`,
    );
  if (random.chance(0.4))
    parts.push(
      `See [[${legalTitle(makeTitle(random))}|here]], [[:Category:${makeTopic(random)}]] and [https://example.org/?q=${random.int(1, 99)}&lang=en this site].<ref>{{cite web|url=https://example.org/a?b=c|title=${makeTitle(random)}}}</ref>`,
    );
  if (random.chance(0.3))
    parts.push(
      `{{#if: {{{1|}}} | ${makeSentence(random)} | {{PAGENAME}} }} {{#expr: ${random.int(1, 99)} * 2 + 1}} {{#switch: {{NAMESPACE}} | Talk = x | #default = y }}`,
    );
  if (random.chance(0.3))
    parts.push(`[[Category:${makeTopic(random)}]]\n<!-- ${makeSentence(random).replaceAll('--', '–')} -->`);
  return parts.join('\n\n');
}
