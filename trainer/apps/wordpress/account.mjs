/** People of the blog and how they log in. */

/** @param {any} world @param {string[]} roles */
export function anyone(world, roles) {
  return world.random.pick(world.people.filter((/** @type {any} */ one) => roles.includes(one.role)));
}

/** @param {import('../lib/person.mjs').Person} person @param {any} user */
export async function login(person, user) {
  const { random, origin } = person;
  const target = random.chance(0.5) ? `?redirect_to=${encodeURIComponent(`${origin}/wp-admin/`)}&reauth=1` : '';
  await person.open(`/wp-login.php${target}`, { typed: true });
  await person.assets(['/wp-admin/css/login.min.css?ver=6.1.9', '/wp-includes/css/buttons.min.css?ver=6.1.9']);
  const answer = await person.submit('/wp-login.php', {
    log: random.chance(0.8) ? user.login : user.mail,
    pwd: user.password,
    ...(random.chance(0.4) && { rememberme: 'forever' }),
    'wp-submit': 'Log In',
    redirect_to: `${origin}/wp-admin/`,
    testcookie: 1,
  });
  if (!/wp-admin-bar|wpadminbar/.test(answer.text))
    throw new Error(`login of ${user.login} failed with ${answer.status} at ${answer.url}`);
  await person.assets([
    '/wp-admin/load-styles.php?c=0&dir=ltr&load%5Bchunk_0%5D=dashicons,admin-bar,common,forms,admin-menu,dashboard,list-tables,edit,revisions&load%5Bchunk_1%5D=,media,themes,about,nav-menus,widgets,site-icon,l10n,buttons,wp-auth-check&ver=6.1.9',
  ]);
}
