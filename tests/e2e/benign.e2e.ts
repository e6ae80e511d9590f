import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outgoing, type Reply, send } from './harness/http.js';
import { ROOT, Stack } from './harness/stack.js';

const FORM = 'application/x-www-form-urlencoded';

/** Sends as one visitor: with the cookies that the shop has set so far. */
class Visitor {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly port: number) {}

  async send(outgoing: Outgoing): Promise<Reply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { Cookie: cookie }), ...outgoing.headers };
    const reply = await send(this.port, { ...outgoing, headers });
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      this.cookies.set(name!, value!);
    }
    return reply;
  }

  json(method: string, path: string, value: unknown): Promise<Reply> {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    return this.send({ method, path, headers, body: JSON.stringify(value) });
  }

  form(path: string, fields: Record<string, string>): Promise<Reply> {
    const body = new URLSearchParams({ ...fields, csrf: this.cookies.get('csrf') ?? '' }).toString();
    return this.send({ method: 'POST', path, headers: { 'Content-Type': FORM }, body });
  }
}

describe('a benign session in enforce mode', () => {
  let stack: Stack;
  let visitor: Visitor;

  beforeAll(async () => {
    stack = await Stack.start({ mode: 'enforce' });
    visitor = new Visitor(stack.port);
  });

  afterAll(() => stack?.stop());

  it('browses', async () => {
    for (const path of [
      '/',
      '/products?category=kitchen&sort=price-asc&color=oak&color=black',
      '/static/shop.css?v=12',
    ]) {
      expect((await visitor.send({ path })).status).toBe(200);
    }
    const home = await visitor.send({ path: '/' });
    const product = /href="(\/products\/[^"]+)"/.exec(home.body)![1]!;
    expect((await visitor.send({ path: product, headers: { Referer: 'https://shop.example/' } })).status).toBe(200);
  });

  it.each([
    "O'Brien",
    "O'Brien & Sons desk",
    'D\'Angelo "cutting board"',
    'crème brûlée',
    '椅子',
    'C++ programming primer',
    'under €50',
  ])('searches for %s', async (q) => {
    const reply = await visitor.send({ path: `/search?${new URLSearchParams({ q })}` });
    expect(reply.status).toBe(200);
    expect(reply.headers['x-normgate-score']).toBeUndefined();
  });

  it('logs in', async () => {
    const fields = {
      email: "sinead.o'neill@example.com",
      password: "x7'q%Lm&=p#2",
      remember: 'on',
      next: '/account?tab=orders',
    };
    const reply = await visitor.form('/login', fields);
    expect(reply.status).toBe(303);
    expect(reply.headers.location).toBe('/account?tab=orders');
    expect((await visitor.send({ path: '/account?tab=orders' })).status).toBe(200);
  });

  it('fills a JSON cart and checks out', async () => {
    const item = { sku: 'FUR-0001-WAL', quantity: 2, note: "It's for my mother-in-law; don't ring the bell!" };
    const products = JSON.parse((await visitor.send({ path: '/api/products?page=1' })).body) as {
      products: { sku: string }[];
    };
    item.sku = products.products[0]!.sku;
    expect((await visitor.json('POST', '/api/cart', item)).status).toBe(201);
    expect((await visitor.json('PATCH', '/api/cart', { items: [{ sku: item.sku, quantity: 3 }] })).status).toBe(200);
    const order = {
      customer: { name: "Aoife O'Brien", email: 'aoife@example.org', phone: '+353 1 555 0100' },
      shipping: { street: "12 King's Cross Road, Apt. #4", city: 'Dublin 2', zip: 'D02 X285', country: 'IE' },
      payment: { method: 'invoice' },
    };
    expect((await visitor.json('POST', '/api/checkout', order)).status).toBe(201);
  });

  it('asks GraphQL', async () => {
    const query =
      'query Search($term: String!, $first: Int) {\n  search(term: $term, first: $first) {\n    name\n    price\n  }\n}';
    const reply = await visitor.json('POST', '/graphql', {
      operationName: 'Search',
      query,
      variables: { term: "O'Brien", first: 5 },
    });
    expect(reply.status).toBe(200);
    expect((JSON.parse(reply.body) as { data: { search: unknown[] } }).data.search.length).toBeGreaterThan(0);
  });

  it('uploads a picture with a caption', async () => {
    const boundary = 'geckoformboundary1f2e3d4c5b6a7980';
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
      'base64',
    );
    const text = (value: string) => Buffer.from(value.replaceAll('\n', '\r\n'));
    const body = Buffer.concat([
      text(`--${boundary}\nContent-Disposition: form-data; name="caption"\n\nMum's kitchen & "the" lamp\n`),
      text(
        `--${boundary}\nContent-Disposition: form-data; name="file"; filename="Mum's kitchen.png"\nContent-Type: image/png\n\n`,
      ),
      png,
      text(`\n--${boundary}--\n`),
    ]);
    const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    const reply = await visitor.send({ method: 'POST', path: '/upload', headers, body });
    expect(reply.status).toBe(303);
    expect((await visitor.send({ path: '/upload' })).body).toContain('Mum&#39;s kitchen.png');
  });

  it.each([
    ['text', 'I do it like this: if (a < b && c > d) { return "x"; } and it works.'],
    ['text', 'In the tutorial you write "SELECT name FROM users", but I would rather sort the list in Python.'],
    ['text', "Just type ls -la ~/photos | sort -k5 -n | tail -3 in a terminal, wait, done. It's easy!"],
    [
      'markdown',
      "## It's great\n\n- **solid** oak\n- see [the guide](/guides/oil-finish-for-oak#step-2)\n\n```js\nfor (let i = 0; i < 10; i++) {\n  total += items[i].price;\n}\n```",
    ],
  ])('comments in %s: %s', async (format, body) => {
    const path = '/guides/first-steps-dev-board';
    expect((await visitor.json('POST', '/api/comments/preview', { markdown: body })).status).toBe(200);
    const fields = { name: "Aoife O'Brien", title: 'Works for me (mostly)', rating: '4', format, body };
    expect((await visitor.form(`${path}/comments`, fields)).status).toBe(303);
  });

  it('filters orders in a notation that looks like SQL', async () => {
    const filter = "status = 'shipped' AND total > 50 ORDER BY created DESC";
    expect((await visitor.send({ path: `/admin/orders?${new URLSearchParams({ filter })}` })).status).toBe(200);
  });

  it('reports an error of its script', async () => {
    const value = {
      page: 'https://shop.example/cart',
      events: [
        { type: 'click', xpath: '//*[@id="cart"]/table/tbody/tr[2]/td[3]/button' },
        {
          type: 'error',
          message: "TypeError: Cannot read properties of undefined (reading 'price')",
          stack: 'TypeError: x\n    at renderCart (https://shop.example/static/shop.js?v=12:31:9)',
        },
      ],
    };
    expect((await visitor.json('POST', '/api/telemetry', value)).status).toBe(202);
  });
});

/** Seed of traffic that is in no training set. */
const HELD_OUT_SEED = 900_001;

describe('seeded benign traffic in enforce mode', () => {
  it('passes, but for the false-positive budget', async () => {
    const stack = await Stack.start({ mode: 'enforce' });
    try {
      const script = join(ROOT, 'deploy', 'demo', 'traffic', 'drive.mjs');
      const child = spawn(process.execPath, [
        script,
        '--target',
        `http://127.0.0.1:${stack.port}`,
        '--sessions',
        '40',
        '--seed',
        String(HELD_OUT_SEED),
        '--concurrency',
        '2',
        '--show-denied',
      ]);
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
      const lines = output.trim().split('\n');
      const { requests, byStatus } = JSON.parse(lines.at(-1)!) as {
        requests: number;
        byStatus: Record<string, number>;
      };
      expect(requests).toBeGreaterThan(500);
      expect(byStatus['503'] ?? 0).toBe(0);
      // The shipped budget is 0.3 %; 0.5 % of some 800 requests leaves room for chance, not for a broken model.
      expect(byStatus['403'] ?? 0, lines.slice(0, -1).join('\n')).toBeLessThanOrEqual(Math.ceil(requests * 0.005));
    } finally {
      await stack.stop();
    }
  });
});
