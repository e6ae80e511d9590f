/**
 * What the people of the captures write: posts, comments, titles, code, queries, names, in several languages. All of it
 * was made up for this file; it shares no text with the sample shop.
 *
 * @typedef {import('../../../deploy/demo/traffic/random.mjs').Random} Random
 */
import { makeCode } from './code.mjs';

const words = (/** @type {TemplateStringsArray} */ text) => text.raw[0].trim().split(/\s*\|\s*/);

const FIRST = words`Aoife|Ben|Carla|Deniz|Ebba|Femi|Gita|Hamid|Ines|Jonas|Keiko|Lars|Mira|Nadia|Oisín|Pavel|Quentin|Rosa|Sven|Tala|Uma|Vera|Wim|Ximena|Yusuf|Zofia|Anne-Marie|Jean-Luc|D'Arcy|Björn|Łucja|José|Zoë|李雷|さくら|Ольга|محمد|Ελένη`;
const LAST = words`O'Brien|O'Connor|Hartmann|Nguyen|van der Berg|de la Cruz|Smith|Smythe-Jones|Kowalski|Ångström|Müller|Şahin|Okonkwo|D'Angelo|N'Dour|MacLeod|Yamada|王|Петров|الحسن|García Márquez|St. John|Null|Drop|Ó Súilleabháin`;
const THINGS = words`the pump|the north greenhouse|our minutes|the booking calendar|the new printer|a torque wrench|the night train to Malmö|the ferry|the data logger|the router|sourdough|the choir's repertoire|a kayak|the hedge|the website|the 3D printer|the backup job|a bread oven|the bee hives|the solar inverter|the boiler|the newsletter|the parking permit|the projector|the school play|the parser|the cache|the release|the invoice form|the map tiles|the export|the login page|the lathe|a bicycle wheel|the village hall|the archive`;
const PLACES = words`Cork|Łódź|Reykjavík|Lagos|Porto|Hà Nội|São Paulo|Zürich|Kyoto|Aarhus|room 4b|the workshop|the harbour|building C|the 2nd floor|gate 12|the old mill|Coventry|Tromsø|Málaga`;
const WHEN = words`last Tuesday|on 14 March|at 7:30|in week 42|since 2019|twice a day|every other Friday|by the end of June|yesterday|tomorrow (weather permitting)|on 2026-02-03|between 10 and 11 o'clock|after the update|before lunch|for 3.5 hours`;
const ADJECTIVES = words`loud|wet|slow|slightly bent|surprisingly good|out of date|half-finished|cheaper|too short|very popular|missing|broken again|better than expected|fine|"temporary"|15% smaller|heavier than it looks|under warranty|fully booked|not documented anywhere`;
const SHAPES = [
  '{A} says {thing} is {adj}.',
  "We've moved {thing} to {place} {when}.",
  'Has anybody seen {thing}? It was in {place} {when}.',
  "{thing} isn't {adj}, it's {adj}!",
  'If {thing} is {adj} and {thing} is not, ask {A} & {B}.',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a price in dollars
  'Cost: {n} € (or ${n}.{nn}), see page {n}.',
  'Please select one from the table, drop the rest where it says "other".',
  '{A} and {B} union meeting {when}: order by {n} pm; group by age.',
  "It's {n}:{nn} and {thing} is still {adj} -- typical.",
  'I would delete {thing} from the list, then insert {thing} into the plan.',
  'The script that {A} wrote alerts us whenever {thing} is {adj}.',
  'Temperature > {n}°C & humidity < {n}% => open the window.',
  "1=1 is true, as {A}'s maths teacher used to say; 2 < {n} as well.",
  '{A}: "{thing} is {adj}?" {B}: "Yes; and {thing} too..."',
  'More at https://www.example.org/{slug}?id={n}&lang=en#part-{n} (needs a login).',
  'Mail {mail} or call +353 21 555 0{nn} ext. {n}.',
  "Don't execute it or declare victory: {thing} only works {when}.",
  'The path is C:\\Users\\{slug}\\Documents\\{slug}.txt, on Linux ~/.config/{slug}/settings.json.',
  'Use ../images/{slug}.png, not /var/www/{slug}.png.',
  "I'm {n}% sure that {thing} was {adj} {when}; {A} isn't.",
  '{n} x {n} = {big}; the rest (approx. {n}/{n}) goes to {place}.',
  'TODO: {thing}; DONE: {thing}, {thing} and {thing}.',
  'What is the difference between {thing} and {thing}? Nobody in {place} knows...',
  "{A}'s recipe: {n} g flour, {n} ml water, 1/2 tsp salt, {n} min @ 230°C.",
  'As of {when}, version {n}.{nn}.{n} (build {big}) is {adj}.',
];
const FOREIGN = words`Der Zug nach Köln fällt heute leider aus – bitte „Gleis 7“ benutzen.|L'été, c'est l'heure d'aller à la plage : n'oubliez pas l'eau !|¿Quién ha cogido la llave del almacén? ¡Es urgente!|会议改到星期三下午三点,地点:二楼会议室。|请把文件上传到“公共”文件夹(不超过10MB)。|明日の朝、倉庫の鍵を持ってきてください。よろしくお願いします!|الاجتماع يوم الأحد الساعة العاشرة صباحًا، يرجى تأكيد الحضور.|هل يمكنك إرسال الملف «تقرير 2026» من فضلك؟|Завтра в 9:00 — «субботник», приносите лопаты.|Η συνάντηση είναι στις 5 μ.μ.· φέρτε καφέ!|הפגישה נדחתה ליום שלישי בשעה 10:00.|Zażółć gęślą jaźń – łódź odpływa o świcie.|Café crème brûlée à 4,50 €, s'il vous plaît…|Bạn có thể gửi lại hóa đơn số 42 không?|नमस्ते, कृपया बैठक का समय बताइए।|회의실 예약이 안 돼요 ㅠㅠ`;
const EMOJI = words`👍|😂😂|🎉 done!|🚀|❤️|🤷‍♀️|👨‍👩‍👧‍👦|✅|⚠️ careful|🇮🇪|¯\_(ツ)_/¯|:-)|<3|;-)|\o/|^_^`;
const TOPICS = words`Garden|Boats|Bread|Choir|Network|Releases|Travel|Minutes|How-to|Q & A|Tools|C++|R&D|Wood (hard & soft)|Café|Räume|数据|Энергия|Accounts|Weather|Recipes|Night shift|Databases|Trains|Energy`;

/** @param {Random} random */
export function makeName(random) {
  return { first: random.pick(FIRST), last: random.pick(LAST) };
}

/** @param {Random} random */
export function makeTopic(random) {
  return random.pick(TOPICS);
}

/** @param {Random} random a short ASCII word with a number, for addresses and file names */
export function makeSlug(random) {
  const word = random.pick(
    `pump ferry hive oven choir kayak lathe tiles hedge ledger boiler archive wheel harbour`.split(' '),
  );
  return `${word}-${random.int(1, 999)}`;
}

/** @param {Random} random */
export function makeMail(random) {
  const at = random.pick(['example.org', 'mail.example', 'example.co.uk']);
  return `${random.pick(['a', 'jo', 'kim', 'office', "o'neill", 'li.lei'])}${random.pick(['.', '+', '-', '_'])}${makeSlug(random)}@${at}`;
}

/** @param {Random} random @returns {string} one sentence */
export function makeSentence(random) {
  if (random.chance(0.1)) return random.pick(FOREIGN);
  const text = random.pick(SHAPES).replace(/\{(\w+)\}/g, (_, slot) => fill(random, slot));
  const sentence = text[0].toUpperCase() + text.slice(1);
  return random.chance(0.08) ? `${sentence} ${random.pick(EMOJI)}` : sentence;
}

/** @param {Random} random @param {string} slot */
function fill(random, slot) {
  if (slot === 'A' || slot === 'B')
    return random.chance(0.5) ? random.pick(FIRST) : `${random.pick(FIRST)} ${random.pick(LAST)}`;
  if (slot === 'thing') return random.pick(THINGS);
  if (slot === 'place') return random.pick(PLACES);
  if (slot === 'when') return random.pick(WHEN);
  if (slot === 'adj') return random.pick(ADJECTIVES);
  if (slot === 'n') return String(random.int(1, random.chance(0.7) ? 60 : 2000));
  if (slot === 'nn') return String(random.int(10, 99));
  if (slot === 'big') return String(random.int(1000, 999999));
  if (slot === 'mail') return makeMail(random);
  return makeSlug(random);
}

/** @param {Random} random @param {number} low @param {number} high sentences */
export function makeProse(random, low = 1, high = 4) {
  return Array.from({ length: random.int(low, high) }, () => makeSentence(random)).join(' ');
}

/** @param {Random} random */
export function makeTitle(random) {
  const thing = random.pick(THINGS).replace(/^(?:the|an?|our) /, '');
  const cap = thing[0].toUpperCase() + thing.slice(1);
  return random.weighted([
    [4, `${cap} in ${random.pick(PLACES)}`],
    [3, `${cap} (${random.pick(WHEN)})`],
    [2, `${random.pick(LAST)} & Sons: ${thing}`],
    [2, `${cap} vs. ${random.pick(THINGS)} – part ${random.int(1, 12)}`],
    [
      1,
      `How do I use \`${random.pick(['SELECT', '<b>', 'rm', 'grep -r', 'union', 'NULL'])}\` with ${random.pick(THINGS)}?`,
    ],
    [1, `<b>${cap}</b> & more`],
    [1, `"${cap}" isn't ${random.pick(ADJECTIVES)}`],
    [1, `${random.int(2, 9)} tips; ${random.int(3, 20)}% off (${random.int(2019, 2026)})`],
    [1, random.pick(FOREIGN).slice(0, 40)],
    [1, `${cap} ${random.pick(EMOJI)}`],
    [1, `C++ / C#: ${thing}`],
  ]);
}

/** @param {Random} random what somebody types into a search box */
export function makeQuery(random) {
  const thing = random.pick(THINGS).replace(/^(?:the|an?|our) /, '');
  return random.weighted([
    [6, thing],
    [4, thing.split(' ')[0].slice(0, random.int(3, 9))],
    [2, `"${thing}"`],
    [2, `${random.pick(LAST)} & Sons`],
    [2, random.pick(LAST)],
    [1, `${thing} -${random.pick(ADJECTIVES)}`],
    [1, random.pick(FOREIGN).slice(0, random.int(4, 18))],
    [1, `${thing} OR ${random.pick(PLACES)}`],
    [1, `select ${thing} from ${random.pick(PLACES)}`],
    [
      1,
      random.pick([
        'C++',
        'a && b',
        '<div class="x">',
        "it's",
        '1/2"',
        '50% off',
        'x = y',
        'foo(bar)',
        'R&D',
        '#42',
        "where's my order?",
        'error 0x80070005',
        'how to: rm -rf node_modules',
      ]),
    ],
    [1, `${random.pick(WHEN)}`],
  ]);
}

/** @param {Random} random Markdown as people write it in issues and notes */
export function makeMarkdown(random) {
  const blocks = [`# ${makeTitle(random)}`, makeProse(random)];
  if (random.chance(0.6))
    blocks.push(
      Array.from({ length: random.int(2, 5) }, () => `- [${random.pick([' ', 'x'])}] ${makeSentence(random)}`).join(
        '\n',
      ),
    );
  if (random.chance(0.5)) {
    const { language, code } = makeCode(random);
    blocks.push(`\`\`\`${language}\n${code}\n\`\`\``);
  }
  if (random.chance(0.3))
    blocks.push(
      `| ${random.pick(TOPICS)} | ${random.pick(TOPICS)} |\n|---|--:|\n| ${random.pick(THINGS)} | ${random.int(1, 999)} |`,
    );
  if (random.chance(0.3))
    blocks.push(
      `> ${makeSentence(random)}\n\n**${random.pick(FIRST)}**: *${makeSentence(random)}* [link](https://example.org/${makeSlug(random)}?a=1&b=2)`,
    );
  return blocks.join('\n\n');
}

/** @param {Random} random paragraphs, some of them code */
export function makeParagraphs(random) {
  return Array.from({ length: random.int(1, 4) }, () =>
    random.chance(0.22) ? { kind: 'code', text: makeCode(random).code } : { kind: 'text', text: makeProse(random) },
  );
}
