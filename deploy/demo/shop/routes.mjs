/** The table of everything the shop answers. Patterns are matched against the percent-decoded path. */
import { html } from './html.mjs';
import * as account from './pages/account.mjs';
import * as admin from './pages/admin.mjs';
import * as cart from './pages/cart.mjs';
import * as comments from './pages/comments.mjs';
import * as machines from './pages/machines.mjs';
import * as products from './pages/products.mjs';
import * as files from './pages/static.mjs';
import { sendPage } from './respond.mjs';

/** @typedef {import('./exchange.mjs').Exchange} Exchange */
/** @typedef {(exchange: Exchange, ...captures: string[]) => void | Promise<void>} Handler */

/** @param {string} title @param {string} text @returns {Handler} */
function textPage(title, text) {
  return (exchange) => sendPage(exchange, title, html`<h1>${title}</h1><p>${text}</p>`);
}

/** @type {readonly (readonly [methods: string, pattern: RegExp, handler: Handler])[]} */
export const ROUTES = [
  ['GET', /^\/$/, products.home],
  ['GET', /^\/products$/, products.list],
  ['GET', /^\/products\/([^/]+)$/, products.show],
  ['GET', /^\/search$/, products.search],
  ['GET', /^\/api\/suggest$/, products.suggest],
  ['GET', /^\/api\/products$/, products.listAsJson],
  ['GET', /^\/api\/products\/(\d+)$/, products.showAsJson],
  ['GET', /^\/guides\/([^/]+)$/, comments.showGuide],
  ['POST', /^\/(products|guides)\/([^/]+)\/comments$/, comments.addByForm],
  ['POST', /^\/api\/(products|guides)\/([^/]+)\/comments$/, comments.addByJson],
  ['POST', /^\/api\/comments\/preview$/, comments.preview],
  ['GET', /^\/login$/, (exchange) => account.loginForm(exchange)],
  ['POST', /^\/login$/, account.logIn],
  ['POST', /^\/logout$/, account.logOut],
  ['GET', /^\/account$/, account.account],
  ['POST', /^\/account$/, account.saveAccount],
  ['GET', /^\/contact$/, account.contactForm],
  ['POST', /^\/contact$/, account.receiveMessage],
  ['POST', /^\/newsletter$/, account.subscribe],
  ['GET', /^\/cart$/, cart.cartPage],
  ['GET', /^\/checkout$/, cart.checkoutPage],
  ['GET', /^\/api\/cart$/, cart.showAsJson],
  ['POST', /^\/api\/cart$/, cart.add],
  ['PATCH', /^\/api\/cart$/, cart.change],
  ['DELETE', /^\/api\/cart$/, cart.remove],
  ['POST', /^\/api\/cart\/coupon$/, cart.coupon],
  ['POST', /^\/api\/checkout$/, cart.checkOut],
  ['GET', /^\/graphql$/, machines.getGraphql],
  ['POST', /^\/graphql$/, machines.postGraphql],
  ['POST', /^\/api\/telemetry$/, machines.telemetry],
  ['GET', /^\/upload$/, machines.uploadForm],
  ['POST', /^\/upload$/, machines.upload],
  ['GET', /^\/admin$/, textPage('Staff', 'Orders, products, filters.')],
  ['GET', /^\/admin\/orders$/, admin.orders],
  ['GET', /^\/admin\/orders\.csv$/, admin.ordersAsCsv],
  ['PATCH', /^\/api\/admin\/orders\/(\d+)$/, admin.changeOrder],
  ['PUT', /^\/api\/admin\/products\/(\d+)$/, admin.previewProduct],
  ['POST', /^\/api\/admin\/filters$/, admin.checkFilter],
  ['GET', /^\/app$/, textPage('App', 'The single-page shop talks GraphQL.')],
  ['GET', /^\/about$/, textPage('About', 'A shop that exists for tests.')],
  ['GET', /^\/help\/faq$/, textPage('Questions', 'Returns are free for 30 days.')],
  ['GET', /^\/(?:static\/[a-z.]+|favicon\.ico)$/, files.file],
  ['GET', /^\/static\/img\/([a-z0-9-]+)-(80|240|800)\.svg$/, files.picture],
  ['GET', /^\/robots\.txt$/, files.robots],
  ['GET', /^\/sitemap\.xml$/, files.sitemap],
  ['*', /^\/echo(?:\/|$)/, (exchange) => machines.echo(exchange)],
];
