// Redacts secrets anywhere: in a log line, an error, a setting, a command.
import { withoutArguments } from './secrets/commands.ts';
import { strong, withoutNamed } from './secrets/named.ts';
import { withoutShapes } from './secrets/shapes.ts';
import { withoutLogins } from './secrets/urls.ts';

/** Without one of these there is no secret: most text needs only this check. */
const suspicious = new RegExp(
  `[@_-]|:\\/|bearer|basic|auth|cookie|${strong}|pass|pw|identified|setuser|signature|[?&](?:sig|key|code|awsaccess)|AKIA|ASIA|SG\\.|AIza|eyJ|ya29|hv[sbr]\\.|dapi|telegram|PRIVATE KEY`,
  'i',
);

/**
 * Removes what looks like a secret: passwords in addresses, settings and commands, headers and tokens, keys of AWS and
 * of well-known services, private keys, addresses of webhooks. Takes no longer than the text is, whatever it holds.
 */
export function redact(text: string): string {
  if (!suspicious.test(text)) return text;
  return withoutArguments(withoutNamed(withoutShapes(withoutLogins(text))));
}
