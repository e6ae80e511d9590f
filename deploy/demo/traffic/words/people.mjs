/** Names, addresses and mail addresses of made-up customers. */
import { slugOf } from '../../shop/catalog.mjs';

/** @typedef {import('../random.mjs').Random} Random */

const FIRST =
  `Aoife Siobhán Liam Noah Emma Olivia Mia Lena Jürgen Zoë Chloé René Étienne Björn Åsa Søren Jolanta Łukasz Małgorzata
Václav Žaneta István Erzsébet Ștefan Ioana Γιώργος Ελένη Иван Наталья Олексій יעל דוד أحمد فاطمة राहुल प्रिया 美咲 翔太 小明 丽 민준 서연
Thảo Dũng Ngọc Kofi Amara Chidi Wanjiru Thabo Zanele Mateo Valentina João Inês Kaan Ayşe Giulia D'Arcy Ke'andra Jean-Luc Mary-Anne
Anne Peter Sam Robin Alex Kim Chris Pat Priya Ravi Mei Hiro Fatima Omar Grace Henry Ivy Jack Kate Leo Max Nina Oscar Paul Quinn`.split(
    /\s+/,
  );

const LAST =
  `O'Brien O'Neill O'Sullivan D'Angelo D'Souza L'Heureux McDonald MacLeod N'Diaye Müller Weiß Schröder Lindqvist Åkesson
Sørensen Nowak Wójcik Dvořák Nagy Kovács Popescu Παπαδόπουλος Иванов Шевченко כהן الحسن शर्मा 佐藤 鈴木 王 李 김 박 Nguyễn Trần Phạm Mensah Okafor
Kamau Dlamini García Fernández Núñez Souza Gonçalves Yılmaz Rossi De'Medici Smith-Jones Brown Taylor Wilson Clark Lewis Hall Young King Wright
Baker Cook Carter Fisher Hunter Mason Null Test Root Select Grant Drop Union Power Case Banks Price Field Day Best`.split(
    /\s+/,
  );

const STREETS =
  `Hauptstraße Rue de l'Église St. Mary's Road Via dell'Orso Calle Mayor King's Cross Road Langegasse Ulica Długa Unter den Linden Kungsgatan Baker Street Church Lane O'Connell Street Place d'Armes Oak Avenue Mill Road Station Road
Queen's Walk`.split(/(?<=(?:straße|Église|Road|Orso|Mayor|gasse|Długa|Linden|gatan|Street|Lane|Armes|Avenue|Walk))\s+/);

const CITIES = [
  'Dublin 2',
  "Coeur d'Alene, ID",
  "L'Aquila",
  'Köln',
  'Saint-Jean-d’Angély',
  'São Paulo',
  'Zürich',
  'Kraków',
  'Malmö',
  'Brno',
  '東京都',
  'Αθήνα',
  'Stoke-on-Trent',
  "King's Lynn",
  'Reykjavík',
  'Portland (OR)',
  'Toronto, ON',
  'Ho Chi Minh City',
];

const DOMAINS = ['example.com', 'example.org', 'mail.example.net', 'uni-example.edu', 'post.example', 'firma.example'];

/**
 * @param {Random} random
 * @returns {{first: string, last: string, name: string, email: string, phone: string, street: string, city: string, zip: string, company: string}}
 */
export function makePerson(random) {
  const first = random.pick(FIRST);
  const last = random.pick(LAST);
  const local = [slugOf(first), slugOf(last)].filter(Boolean).join(random.pick(['.', '_', '-', '']));
  const digits = String(random.int(1, 999));
  return {
    first,
    last,
    name: `${first} ${last}`,
    email: `${local || 'user'}${random.chance(0.5) ? digits : ''}${random.chance(0.1) ? '+shop' : ''}@${random.pick(DOMAINS)}`,
    phone: random.pick([
      `+${random.int(30, 99)} ${random.int(100, 999)} ${random.int(10000, 9999999)}`,
      `(${random.int(201, 989)}) ${random.int(200, 999)}-${random.int(1000, 9999)}`,
      `0${random.int(10, 99)}/${random.int(100000, 999999)}`,
    ]),
    street: random.chance(0.5)
      ? `${random.pick(STREETS)} ${random.int(1, 240)}${random.pick(['', '', 'a', ' 1/2', ', Apt. #4', ` c/o ${last}`])}`
      : `${random.int(1, 2400)} ${random.pick(STREETS)}`,
    city: random.pick(CITIES),
    zip: random.pick([
      String(random.int(10000, 99999)),
      `D0${random.int(1, 9)} X${random.int(100, 999)}`,
      `${random.int(100, 999)}-${random.int(1000, 9999)}`,
    ]),
    company: random.weighted([
      [6, ''],
      [1, `${last} & Sons`],
      [1, `${last} GmbH & Co. KG`],
      [1, `The ${first} "${last}" Company, Inc.`],
      [1, `${last}/${random.pick(LAST)} (Architects)`],
    ]),
  };
}
