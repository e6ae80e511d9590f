/** Login, logout, account, contact form, newsletter. Every mail address with any password is a customer of the demo. */
import { html } from '../html.mjs';
import { redirect, sendPage } from '../respond.mjs';

/** @typedef {import('../exchange.mjs').Exchange} Exchange */

const PROFILE = ['name', 'phone', 'street', 'city', 'zip', 'company', 'birthday', 'bio', 'newsletter'];

/** @param {Exchange} exchange */
function csrfField(exchange) {
  return html`<input type="hidden" name="csrf" value="${exchange.cookies.get('csrf') ?? ''}">`;
}

/** @param {Exchange} exchange @param {string} [problem] */
export function loginForm(exchange, problem) {
  sendPage(
    exchange,
    'Log in',
    html`<h1>Log in</h1>${problem ? html`<p class="problem">${problem}</p>` : ''}
<form method="post" action="/login">${csrfField(exchange)}<input type="hidden" name="next" value="${exchange.query.get('next') ?? ''}">
<label>E-mail <input name="email" type="email"></label><label>Password <input name="password" type="password"></label>
<label><input name="remember" type="checkbox"> Remember me</label><button>Log in</button></form>`,
    { status: problem ? 401 : 200 },
  );
}

/** @param {Exchange} exchange */
export async function logIn(exchange) {
  const form = await exchange.form();
  const email = (form.get('email') ?? '').slice(0, 200);
  if (!email.includes('@') || !form.get('password')) {
    loginForm(exchange, 'E-mail or password is wrong.');
    return;
  }
  exchange.startSession().user = { name: email.split('@')[0], email };
  redirect(exchange, form.get('next') || '/account');
}

/** @param {Exchange} exchange */
export function logOut(exchange) {
  if (exchange.session) exchange.session.user = undefined;
  redirect(exchange, '/');
}

/** @param {Exchange} exchange */
export function account(exchange) {
  if (!exchange.user) {
    redirect(exchange, '/login?next=/account');
    return;
  }
  const profile = exchange.session?.profile ?? {};
  sendPage(
    exchange,
    'Account',
    html`<h1>${exchange.user.email}</h1><p>Tab: ${exchange.query.get('tab') ?? 'profile'}</p>
<form method="post" action="/account">${csrfField(exchange)}${PROFILE.map((name) => html`<label>${name} <input name="${name}" value="${profile[name] ?? ''}"></label>`)}<button>Save</button></form>`,
  );
}

/** @param {Exchange} exchange */
export async function saveAccount(exchange) {
  const form = await exchange.form();
  const { profile } = exchange.startSession();
  for (const name of PROFILE) profile[name] = (form.get(name) ?? '').slice(0, 500);
  redirect(exchange, '/account?tab=profile');
}

/** @param {Exchange} exchange */
export function contactForm(exchange) {
  sendPage(
    exchange,
    'Contact',
    html`<h1>Write to us</h1><form method="post" action="/contact">${csrfField(exchange)}<input name="name" placeholder="Name"><input name="email" placeholder="E-mail"><input name="subject" placeholder="Subject"><input name="order" placeholder="Order"><textarea name="message"></textarea><button>Send</button></form>`,
  );
}

/** @param {Exchange} exchange */
export async function receiveMessage(exchange) {
  const form = await exchange.form();
  sendPage(
    exchange,
    'Thank you',
    html`<h1>Thank you, ${form.get('name') || 'stranger'}</h1><p>We have got your message “${form.get('subject') ?? ''}”.</p>`,
  );
}

/** @param {Exchange} exchange */
export async function subscribe(exchange) {
  const form = await exchange.form();
  sendPage(exchange, 'Newsletter', html`<p>We will write to ${form.get('email') ?? 'you'}, not too often.</p>`);
}
