/** Sentences that customers write: reviews, questions, complaints, in several languages and moods. */

/** @typedef {import('../random.mjs').Random} Random */

const OPENERS =
  `Honestly,|To be fair,|In short:|Well --|Update (two weeks later):|Short version:|P.S.|First of all,|I'd say|My wife's verdict:|As others wrote,|FYI:|@seller:|Question:|Edit:|So...|Hm.|Wow!|OK, so|After six months:|Not sure, but|TL;DR:`.split(
    '|',
  );

const SUBJECTS =
  `the handle|the lid|this thing|the delivery|the box|my daughter's room|the varnish|the color|the "oak" finish|the instructions|the screw set|customer service|the cable|the left leg|the fabric|the zip|the spout|the blade|the bulb|the manual (page 3)|the app|the battery|the hinge|the drawer|the seller's reply|the courier|the second one I ordered|the kids' favorite|its surface|the packaging|the smell|O'Brien's warranty|the replacement part|the LED`.split(
    '|',
  );

const VERBS =
  `is better than I'd expected|doesn't wobble at all|arrived broken|looks exactly like the picture|won't fit through our door|is 2" too short|broke after 3 days|makes a "click" when you close it|couldn't be simpler|works fine, period|isn't what was shown|smells of paint & glue|costs 30% less elsewhere|took 5-7 days|needs 4x AA batteries|is made of real wood (not veneer!)|feels cheap; it isn't|survived our cat|runs at 230V/50Hz|weighs < 2 kg|holds > 40 books|is worth every cent|should come with a union nut|can't be returned without the order number|keeps water hot for 6+ hours|drops a screw now and then|lets you select one of three heights|gets an update from time to time|was left where the postman always leaves it|deserves 4.5/5|has no on/off switch|was cheaper on Black Friday ($19.99)`.split(
    '|',
  );

const TAILS =
  `and I'd buy it again.|but that's just me.|-- would recommend.|; see photo.|(ask for John or Jane).|, which is why I've taken off one star.|and my mother-in-law agrees!|so don't hesitate.|... if you know what I mean ;-)|because "good enough" isn't good enough.|or so I was told.|, as it says in the FAQ: "no tools needed".|and/or a friend with a drill.|where others failed.|having tried five others.|from 1 to 10: an 8.|, order #%N, from %D.|{see my other review}|<3|=> happy customer|:)|?!|at %T.|like it's 1999.|by the way.|for €%N.|(100% cotton).|~ 3 mm off|, i.e. never.`.split(
    '|',
  );

const FOREIGN = [
  'Schöner Stuhl, aber die Anleitung ist ein Witz – „Teil B in Teil A“ hilft keinem.',
  "C'est l'article que j'attendais : solide, élégant, et livré en 48 h !",
  '¿Alguien sabe si cabe en un hueco de 60 cm? ¡Gracias de antemano!',
  "Non è all'altezza della foto, però l'assistenza è gentilissima.",
  'Świetny produkt, polecam każdemu. Wysyłka: 2 dni.',
  'Отличный товар, пришёл вовремя; упаковка «как новая».',
  'とても良い商品です。また買います！',
  '质量不错，物流很快，五星好评。',
  '배송이 빠르고 품질이 좋아요 :)',
  'المنتج ممتاز والتوصيل سريع، شكراً لكم',
  'מוצר מעולה, הגיע תוך שלושה ימים. תודה!',
  'बहुत अच्छा सामान है, धन्यवाद।',
  'Πολύ καλό προϊόν, το συνιστώ ανεπιφύλακτα.',
  'Sản phẩm rất tốt, giao hàng nhanh.',
  'Ürün çok güzel, kargo da hızlıydı; teşekkürler.',
  'Produto ótimo — chegou antes do prazo. Recomendo!',
];

const EMOJI = ['👍', '😀', '❤️', '🎉', '🙈', '👩‍🍳', '🪑', '🔥', '⭐⭐⭐⭐', '🤷‍♂️', '🇮🇪', '👌🏽'];

const QUOTED = [
  'As my grandfather used to say: "measure twice, cut once".',
  "It's the '72 model, isn't it?",
  "Rock 'n' roll!",
  'The label says "Made in E.U."; the box says "Assembled in P.R.C.".',
  "Don't use it with the O'Neill adapter (it won't fit).",
  'Is the 3/4" version the same as the 19 mm one?',
  'I ordered 2; I got 1 -- where is the other?',
  'Size: 40 x 60 cm; color: "sage"; price: €49,95 / $54.',
  'Either black or white = fine, but not both.',
  'Could you drop the price, or insert a discount code into the next mail?',
  'Please select the right table from the list, where "right" means oak.',
  'Update: the union of both sets is all you need; select the first and order by Friday.',
  'We create a table for 12 people and delete it from the terrace after the party.',
  'See https://example.org/how-to?id=12&step=3#glue for details.',
  'My calculation: (2 * 35.95) + 4.90 = 76.80, not 79.80!',
  'Works 24/7, 365 days a year & then some.',
  'Script for the school play: "Enter GHOST, alert and pale."',
  'On error resume next... that is my life with flat-pack furniture.',
  'Cat & dog approved; sleep(8 hours) guaranteed.',
  "My password manager can't fill your login form, could you look into it?",
];

/** @param {Random} random */
function fill(random, /** @type {string} */ text) {
  return text
    .replaceAll('%N', String(random.int(10, 99999)))
    .replaceAll('%D', `${random.int(1, 28)}/${random.int(1, 12)}/2025`)
    .replaceAll('%T', `${random.int(7, 22)}:${String(random.int(0, 59)).padStart(2, '0')}`);
}

/**
 * One sentence.
 * @param {Random} random
 */
export function makeSentence(random) {
  return random.weighted([
    [
      10,
      () => {
        const opener = random.chance(0.4) ? `${random.pick(OPENERS)} ` : '';
        return `${opener}${random.pick(SUBJECTS)} ${random.pick(VERBS)}${random.pick([' ', ' ', ', '])}${fill(random, random.pick(TAILS))}`;
      },
    ],
    [3, () => random.pick(QUOTED)],
    [2, () => random.pick(FOREIGN)],
    [
      1,
      () =>
        `${random.pick(SUBJECTS)} ${random.pick(VERBS)} ${random.pick(EMOJI)}${random.chance(0.3) ? random.pick(EMOJI) : ''}`,
    ],
  ])();
}

/**
 * @param {Random} random
 * @param {number} sentences
 */
export function makeProse(random, sentences) {
  let text = '';
  for (let n = 0; n < sentences; n += 1)
    text += `${n === 0 ? '' : random.pick([' ', ' ', ' ', '\r\n', '\r\n\r\n'])}${makeSentence(random)}`;
  return text;
}

/**
 * A title of a comment or a caption of a picture.
 * @param {Random} random
 */
export function makeTitle(random) {
  return random.weighted([
    [
      4,
      () =>
        `${random.pick(['Great', 'So-so', 'Never again', 'Solid', "It's fine", 'Perfect', 'Hm', 'Love it', '5/5', 'Beware'])}${random.pick(['', '!', '...', ' ;)', ' & more', ': read this', ' (for the price)', '?'])}`,
    ],
    [3, () => makeSentence(random).slice(0, 60)],
    [1, () => `${random.pick(SUBJECTS)} ${random.pick(EMOJI)}`],
    [1, () => `Re: ${random.pick(SUBJECTS)}`],
  ])();
}
