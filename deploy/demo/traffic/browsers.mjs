/**
 * Header sets of real browsers and API clients, in the order they send them over HTTP/1.1.
 *
 * @typedef {import('./random.mjs').Random} Random
 * @typedef {'document' | 'style' | 'script' | 'image' | 'font' | 'fetch' | 'beacon'} Destination
 * @typedef {object} Browser
 * @property {'chromium' | 'firefox' | 'safari'} family
 * @property {string} userAgent
 * @property {string} language
 * @property {[string, string][]} hints   sec-ch-ua headers, empty but in Chromium
 */

const LANGUAGES = [
  'en-US,en;q=0.9',
  'en-GB,en;q=0.9,ga;q=0.8',
  'en-IE,en-GB;q=0.9,en;q=0.8',
  'de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7',
  'fr-FR,fr;q=0.8,en-US;q=0.5,en;q=0.3',
  'sv-SE,sv;q=0.8,en-US;q=0.5,en;q=0.3',
  'pl,en-US;q=0.7,en;q=0.3',
  'ja,en-US;q=0.9,en;q=0.8',
  'zh-CN,zh;q=0.9,en;q=0.8,zh-TW;q=0.7',
  'pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7,es;q=0.6',
  'it-IT,it;q=0.9',
  'es-ES,es;q=0.9',
  'ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7',
  'tr-TR,tr;q=0.9,en;q=0.6',
  'en',
];

const NOT_A_BRAND = [
  '"Not)A;Brand";v="8"',
  '"Not?A_Brand";v="99"',
  '"Not.A/Brand";v="24"',
  '"Not A(Brand";v="8"',
  '"Not_A Brand";v="24"',
];

/** @param {Random} random @returns {Browser} */
export function makeBrowser(random) {
  const language = random.pick(LANGUAGES);
  return random.weighted([
    [50, () => chromium(random, language)],
    [18, () => chromiumMobile(random, language)],
    [16, () => firefox(random, language)],
    [20, () => safari(random, language)],
  ])();
}

/** @param {Random} random @param {string} language @returns {Browser} */
function chromium(random, language) {
  const major = random.int(120, 141);
  const [platform, system] = random.pick([
    ['Windows', 'Windows NT 10.0; Win64; x64'],
    ['macOS', 'Macintosh; Intel Mac OS X 10_15_7'],
    ['Linux', 'X11; Linux x86_64'],
    ['Chrome OS', 'X11; CrOS x86_64 14541.0.0'],
  ]);
  const edge = random.chance(0.25);
  const brand = edge ? 'Microsoft Edge' : 'Google Chrome';
  return {
    family: 'chromium',
    userAgent: `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36${edge ? ` Edg/${major}.0.${random.int(1000, 3999)}.${random.int(10, 120)}` : ''}`,
    language,
    hints: [
      [
        'sec-ch-ua',
        random.sample([`"Chromium";v="${major}"`, `"${brand}";v="${major}"`, random.pick(NOT_A_BRAND)], 3).join(', '),
      ],
      ['sec-ch-ua-mobile', '?0'],
      ['sec-ch-ua-platform', `"${platform}"`],
    ],
  };
}

/** @param {Random} random @param {string} language @returns {Browser} */
function chromiumMobile(random, language) {
  const major = random.int(118, 141);
  const samsung = random.chance(0.25);
  const device = random.pick(['K', 'Pixel 8 Pro', 'SM-S918B', 'SM-A546E', '2201117TY', 'CPH2609', 'moto g(60)']);
  return {
    family: 'chromium',
    userAgent: `Mozilla/5.0 (Linux; Android ${random.int(10, 15)}; ${device}) AppleWebKit/537.36 (KHTML, like Gecko) ${samsung ? `SamsungBrowser/${random.int(22, 28)}.0 ` : ''}Chrome/${major}.0.0.0 Mobile Safari/537.36`,
    language,
    hints: [
      [
        'sec-ch-ua',
        `"Chromium";v="${major}", ${random.pick(NOT_A_BRAND)}, "${samsung ? 'Samsung Internet' : 'Google Chrome'}";v="${major}"`,
      ],
      ['sec-ch-ua-mobile', '?1'],
      ['sec-ch-ua-platform', '"Android"'],
    ],
  };
}

/** @param {Random} random @param {string} language @returns {Browser} */
function firefox(random, language) {
  const major = random.int(115, 144);
  const system = random.pick([
    'Windows NT 10.0; Win64; x64',
    'Macintosh; Intel Mac OS X 10.15',
    'X11; Ubuntu; Linux x86_64',
    'X11; Linux x86_64',
    'Android 14; Mobile',
  ]);
  return {
    family: 'firefox',
    userAgent: `Mozilla/5.0 (${system}; rv:${major}.0) Gecko/${system.startsWith('Android') ? `${major}.0` : '20100101'} Firefox/${major}.0`,
    language,
    hints: [],
  };
}

/** @param {Random} random @param {string} language @returns {Browser} */
function safari(random, language) {
  const version = `${random.int(16, 18)}.${random.int(0, 6)}`;
  const userAgent = random.pick([
    `Mozilla/5.0 (iPhone; CPU iPhone OS ${version.replace('.', '_')} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Mobile/15E148 Safari/604.1`,
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Safari/605.1.15`,
    `Mozilla/5.0 (iPad; CPU OS ${version.replace('.', '_')} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/${random.int(118, 140)}.0.${random.int(5000, 7400)}.${random.int(10, 200)} Mobile/15E148 Safari/604.1`,
  ]);
  return { family: 'safari', userAgent, language, hints: [] };
}

const ACCEPT = {
  chromium: {
    document:
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
    image: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
    style: 'text/css,*/*;q=0.1',
  },
  firefox: {
    document: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    image: 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5',
    style: 'text/css,*/*;q=0.1',
  },
  safari: {
    document: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    image:
      'image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5',
    style: 'text/css,*/*;q=0.1',
  },
};

/**
 * The headers that a browser sends for one request, without Host, Content-* and Cookie.
 * @param {Browser} browser
 * @param {{destination: Destination, method: string, origin: string, referer: string | undefined, accept?: string, typed?: boolean}} request
 * @returns {[string, string][]}
 */
export function browserHeaders(browser, { destination, method, origin, referer, accept, typed }) {
  const asDocument = destination === 'document';
  const table = /** @type {Record<string, string>} */ (ACCEPT[browser.family]);
  const mode = asDocument ? 'navigate' : destination === 'fetch' || destination === 'font' ? 'cors' : 'no-cors';
  const dest = {
    document: 'document',
    style: 'style',
    script: 'script',
    image: 'image',
    font: 'font',
    fetch: 'empty',
    beacon: 'empty',
  }[destination];
  /** @type {[string, string][]} */
  const fetchMetadata = [
    ['Sec-Fetch-Site', typed || !referer ? 'none' : 'same-origin'],
    ['Sec-Fetch-Mode', mode],
    ...(asDocument ? /** @type {[string, string][]} */ ([['Sec-Fetch-User', '?1']]) : []),
    ['Sec-Fetch-Dest', dest],
  ];
  /** @type {[string, string][]} */
  const from = [];
  if (method !== 'GET') from.push(['Origin', origin]);
  /** @type {[string, string]} */
  const acceptHeader = ['Accept', accept ?? table[destination] ?? '*/*'];
  /** @type {[string, string]} */
  const encoding = ['Accept-Encoding', browser.family === 'safari' ? 'gzip, deflate, br' : 'gzip, deflate, br, zstd'];
  /** @type {[string, string][]} */
  const refererHeader = referer ? [['Referer', referer]] : [];
  /** @type {[string, string][]} */
  const upgrade = asDocument ? [['Upgrade-Insecure-Requests', '1']] : [];
  if (browser.family === 'chromium') {
    const cache =
      asDocument && (typed || method === 'POST')
        ? /** @type {[string, string][]} */ ([['Cache-Control', 'max-age=0']])
        : [];
    return [
      ['Connection', 'keep-alive'],
      ...cache,
      ...browser.hints,
      ...from,
      ...upgrade,
      ['User-Agent', browser.userAgent],
      acceptHeader,
      ...fetchMetadata,
      ...refererHeader,
      encoding,
      ['Accept-Language', browser.language],
    ];
  }
  if (browser.family === 'firefox') {
    return [
      ['User-Agent', browser.userAgent],
      acceptHeader,
      ['Accept-Language', browser.language],
      encoding,
      ...from,
      ['Connection', 'keep-alive'],
      ...refererHeader,
      ...upgrade,
      ...fetchMetadata.filter(([name]) => name !== 'Sec-Fetch-User'),
      ['Priority', asDocument ? 'u=0, i' : 'u=4'],
    ];
  }
  return [
    acceptHeader,
    ...from,
    ...fetchMetadata.filter(([name]) => name !== 'Sec-Fetch-User'),
    ['User-Agent', browser.userAgent],
    ...refererHeader,
    ['Accept-Language', browser.language],
    encoding,
    ['Connection', 'keep-alive'],
  ];
}

/**
 * Headers of a program that is not a browser.
 * @param {Random} random
 * @returns {[string, string][]}
 */
export function makeApiClientHeaders(random) {
  return random.pick(
    /** @type {(() => [string, string][])[]} */ ([
      () => [
        ['User-Agent', `curl/${random.int(7, 8)}.${random.int(50, 99)}.${random.int(0, 2)}`],
        ['Accept', '*/*'],
      ],
      () => [
        ['User-Agent', `python-requests/2.${random.int(25, 32)}.${random.int(0, 3)}`],
        ['Accept-Encoding', 'gzip, deflate'],
        ['Accept', '*/*'],
        ['Connection', 'keep-alive'],
      ],
      () => [
        ['Accept', 'application/json'],
        ['Connection', 'Keep-Alive'],
        ['Accept-Encoding', 'gzip'],
        ['User-Agent', `okhttp/4.${random.int(9, 12)}.${random.int(0, 3)}`],
      ],
      () => [
        ['Accept', 'application/json, text/plain, */*'],
        ['User-Agent', `axios/1.${random.int(3, 7)}.${random.int(0, 9)}`],
        ['Accept-Encoding', 'gzip, compress, deflate, br'],
        ['Connection', 'keep-alive'],
      ],
      () => [
        [
          'User-Agent',
          `Normshop/3.${random.int(0, 20)} (com.example.normshop; build:${random.int(100, 999)}; iOS ${random.int(15, 18)}.${random.int(0, 6)}.0) Alamofire/5.${random.int(4, 9)}.1`,
        ],
        ['Accept', '*/*'],
        ['Accept-Language', 'en-IE;q=1.0, de-IE;q=0.9'],
        ['Accept-Encoding', 'br;q=1.0, gzip;q=0.9, deflate;q=0.8'],
      ],
      () => [
        ['User-Agent', `Go-http-client/${random.pick(['1.1', '2.0'])}`],
        ['Accept-Encoding', 'gzip'],
      ],
      () => [
        ['User-Agent', `Dart/3.${random.int(0, 5)} (dart:io)`],
        ['Accept-Encoding', 'gzip'],
      ],
      () => [
        ['User-Agent', `PostmanRuntime/7.${random.int(30, 45)}.${random.int(0, 3)}`],
        ['Accept', '*/*'],
        ['Postman-Token', random.uuid()],
        ['Accept-Encoding', 'gzip, deflate, br'],
        ['Connection', 'keep-alive'],
      ],
    ]),
  )();
}
