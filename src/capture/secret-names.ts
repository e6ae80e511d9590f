/** Whether values under this name are secrets. Takes names as they come: `user[password]`, `X-Api-Key`, `clientSecret`. */
export type SecretNames = (name: string) => boolean;

/**
 * The built-in names and the operator's. A built-in one counts wherever it stands in a name (`new_password_2`), an
 * operator's only as the whole name; case and separators are ignored in both.
 */
export function secretNames(extra: readonly string[] = []): SecretNames {
  const own = new Set(extra.map(compact));
  const known = new Map<string, boolean>();
  return (name) => {
    let secret = known.get(name);
    if (secret === undefined) {
      secret = isBuiltIn(name) || own.has(compact(name));
      // Names come from clients: a bound keeps an attacker's inventions out of memory.
      if (known.size >= MAX_KNOWN) known.clear();
      if (name.length <= MAX_NAME) known.set(name, secret);
    }
    return secret;
  };
}

const MAX_KNOWN = 4096;
const MAX_NAME = 128;

/** Anywhere in the name without its separators. */
const ANYWHERE = new RegExp(
  [
    'password|passwd|passphrase|passcode|passwort|motdepasse|contrasena|secret|credential|authorization|authenticat',
    'apikey|accesskey|privatekey|secretkey|signingkey|encryptionkey|masterkey|signature|sessionid|sessid|sessionkey',
    'creditcard|cardnumber|cardno|cardnum|securitycode|verificationcode|socialsecurity|csrf|xsrf|accesstoken',
  ].join('|'),
);

/** As a whole word of the name, digits at its end aside. */
const WORDS = new Set(
  'pass pwd pw pswd pin otp totp tan cvv cvc csc ssn card pan token tokens auth jwt bearer sid sig session'.split(' '),
);

/** Last words that make `auth` a matter of how one logs in: `authAction`, `auth_type`. */
const AUTH_KINDS = new Set('action type method mode provider scheme'.split(' '));

function isBuiltIn(name: string): boolean {
  const words = name
    .slice(-MAX_NAME)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  if (ANYWHERE.test(words.join(''))) return true;
  return words.some((word, i) => {
    if (word === 'auth' && i === words.length - 2 && AUTH_KINDS.has(words[i + 1]!)) return false;
    const bare = word.replace(/\d+$/, '');
    return WORDS.has(bare) || bare.endsWith('token');
  });
}

function compact(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}
