/** People who log in, fill a cart and buy. */
import { PRODUCTS } from '../../shop/catalog.mjs';
import { makeSentence } from '../words/prose.mjs';
import { listProducts, openProduct, search } from './browse.mjs';
import { maybeReport } from './telemetry.mjs';

/** @typedef {import('../visitor.mjs').Visitor} Visitor */
/** @typedef {import('../random.mjs').Random} Random */

/** A password as people and password managers choose them. @param {Random} random */
function makePassword(random) {
  return random.pick([
    () => random.token(random.int(10, 24)),
    () =>
      `${random.pick(['Summer', 'Fluffy', 'Liverpool', 'iloveyou', 'Pa$$word'])}${random.int(1, 2025)}${random.pick(['!', '', '?', '#'])}`,
    () =>
      random
        .sample(['correct', 'horse', 'battery', 'staple', 'lamp', 'river', 'O’Brien', 'seven'], 4)
        .join(random.pick(['-', ' ', '.'])),
    () => `${random.token(4)}'${random.token(4)}%${random.token(3)}&${random.token(2)}=`,
    () => `x${random.token(3)}<${random.token(5)}>"${random.token(3)};${random.token(2)}`,
  ])();
}

/** @param {Visitor} visitor */
export async function logIn(visitor) {
  const { random, person } = visitor;
  const next = random.pick([
    undefined,
    '/account',
    '/account?tab=orders',
    '/cart',
    '/products?category=kitchen&sort=price-asc',
  ]);
  await visitor.open(`/login${next ? `?${new URLSearchParams({ next })}` : ''}`);
  const fields = {
    email: person.email,
    password: makePassword(random),
    csrf: visitor.csrf(),
    ...(next ? { next } : {}),
  };
  if (random.chance(0.1)) await visitor.submitForm('/login', { ...fields, password: '' });
  await visitor.submitForm('/login', { ...fields, ...(random.chance(0.4) ? { remember: 'on' } : {}) });
  await visitor.open(next ?? '/account');
}

/** @param {Visitor} visitor */
export async function editAccount(visitor) {
  const { random, person } = visitor;
  await visitor.open(`/account?tab=${random.pick(['profile', 'orders', 'addresses', 'wish%20list'])}`);
  await visitor.submitForm('/account', {
    csrf: visitor.csrf(),
    name: person.name,
    phone: person.phone,
    street: person.street,
    city: person.city,
    zip: person.zip,
    company: person.company,
    birthday: `${random.int(1940, 2006)}-0${random.int(1, 9)}-${random.int(10, 28)}`,
    bio: random.chance(0.5) ? makeSentence(random) : '',
    newsletter: random.pick(['weekly', 'never']),
  });
}

/** @param {Visitor} visitor @param {import('../../shop/catalog.mjs').Product} product */
async function addToCart(visitor, product) {
  const { random } = visitor;
  await visitor.callApi('POST', '/api/cart', {
    sku: product.sku,
    quantity: random.int(1, 4),
    ...(random.chance(0.3)
      ? {
          options: {
            color: product.color,
            engraving: random.pick(['For Mum ♥', "O'Brien's", 'J & K 2025', '#1 Dad', 'A. <3 B.', '']),
          },
        }
      : {}),
    ...(random.chance(0.2) ? { giftWrap: true, note: makeSentence(random) } : {}),
  });
}

/** @param {Visitor} visitor */
export async function buy(visitor) {
  const { random, person } = visitor;
  await visitor.open('/', { typed: true });
  if (random.chance(0.7)) await logIn(visitor);
  const wanted = random.sample(PRODUCTS, random.int(1, 4));
  for (const product of wanted) {
    await random.weighted([
      [1, () => listProducts(visitor)],
      [1, () => search(visitor)],
    ])();
    await openProduct(visitor, product);
    await addToCart(visitor, product);
    await maybeReport(visitor);
  }
  await visitor.open('/cart');
  await visitor.callApi('GET', `/api/cart${random.chance(0.5) ? `?_=${visitor.time}` : ''}`);
  if (random.chance(0.5))
    await visitor.callApi('PATCH', '/api/cart', { items: [{ sku: wanted[0].sku, quantity: random.int(1, 9) }] });
  if (random.chance(0.3))
    await visitor.callApi('POST', '/api/cart/coupon', {
      code: random.pick(['SPRING-10', 'WELCOME', 'O’HARA20', '10% OFF', 'friends+family']),
    });
  if (random.chance(0.2)) await visitor.callApi('DELETE', `/api/cart?sku=${wanted[0].sku}`);
  if (!random.chance(0.7)) return;
  await visitor.open('/checkout');
  await visitor.callApi('POST', '/api/checkout', {
    csrf: visitor.csrf(),
    customer: { name: person.name, email: person.email, phone: person.phone, company: person.company || null },
    shipping: {
      street: person.street,
      city: person.city,
      zip: person.zip,
      country: random.pick(['IE', 'DE', 'FR', 'US', 'SE', 'JP']),
    },
    payment: { method: random.pick(['invoice', 'card', 'wallet']), token: `tok_${random.token(24)}` },
    ...(random.chance(0.4)
      ? {
          instructions: random.pick([
            "Don't ring the bell; baby's asleep.",
            "Leave it at no. 7 (O'Neill) or behind the bins",
            'Code for the gate: #1234*',
            'c/o Müller & Partner, 3rd floor -- left',
            makeSentence(random),
          ]),
        }
      : {}),
    idempotencyKey: random.uuid(),
  });
  await visitor.open(`/account?tab=orders&order=${random.int(1000, 9999)}`);
  if (random.chance(0.3)) await editAccount(visitor);
  if (random.chance(0.4)) await visitor.submitForm('/logout', { csrf: visitor.csrf() });
}
