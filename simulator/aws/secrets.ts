// Secrets Manager as far as the runbook asks it: the database's credentials and their versions.
import { randomUUID } from 'node:crypto';
import { listen, readBody, sendJson } from '../http.ts';
import { day, type Instant } from '../time.ts';

type Version = { id: string; text: string; created: Instant; stages: readonly string[] };

export type Secrets = Awaited<ReturnType<typeof startSecrets>>;

/** An error as Secrets Manager returns it. */
class SecretsFault extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export type SecretsOptions = {
  id: string;
  /** The value at the start. */
  text: string;
  /** Called after the value changed. */
  changed?(text: string): void;
};

export async function startSecrets({ id, text, changed }: SecretsOptions) {
  const arn = `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${id}-AbCdEf`;
  const began = Date.now() - 90 * day;
  let versions: Version[] = [{ id: randomUUID(), text, created: began, stages: ['AWSCURRENT'] }];
  const seconds = (at: Instant) => at / 1000;

  /** The new value is current, the one before it previous; older ones lose their stages and go. */
  const put = (value: string, wanted?: string): Version => {
    const known = versions.find((one) => one.id === wanted);
    if (known && known.text !== value) {
      throw new SecretsFault('ResourceExistsException', `A version with the token ${wanted} already exists.`);
    }
    if (known) return known;
    const made = { id: wanted ?? randomUUID(), text: value, created: Date.now(), stages: ['AWSCURRENT'] };
    const last = versions.find((one) => one.stages.includes('AWSCURRENT'));
    versions = [made, ...(last ? [{ ...last, stages: ['AWSPREVIOUS'] }] : [])];
    changed?.(value);
    return made;
  };

  type Asked = Readonly<Record<string, unknown>>;
  const textOf = (asked: Asked, name: string): string | undefined => {
    const value = asked[name];
    return typeof value === 'string' ? value : undefined;
  };
  const actions: Readonly<Record<string, (asked: Asked) => unknown>> = {
    GetSecretValue(asked) {
      const stage = textOf(asked, 'VersionStage') ?? 'AWSCURRENT';
      const wanted = textOf(asked, 'VersionId');
      const version = versions.find((one) => (wanted ? one.id === wanted : one.stages.includes(stage)));
      if (!version) {
        throw new SecretsFault('ResourceNotFoundException', `Secrets Manager can't find the specified secret value.`);
      }
      return {
        ARN: arn,
        Name: id,
        VersionId: version.id,
        SecretString: version.text,
        VersionStages: version.stages,
        CreatedDate: seconds(version.created),
      };
    },
    DescribeSecret() {
      return {
        ARN: arn,
        Name: id,
        Description: 'login of the Bentham database',
        CreatedDate: seconds(began),
        LastChangedDate: seconds(versions[0]?.created ?? began),
        RotationEnabled: false,
        VersionIdsToStages: Object.fromEntries(versions.map((one) => [one.id, one.stages])),
      };
    },
    UpdateSecret(asked) {
      const value = textOf(asked, 'SecretString');
      const made = value === undefined ? undefined : put(value, textOf(asked, 'ClientRequestToken'));
      return { ARN: arn, Name: id, VersionId: made?.id };
    },
    PutSecretValue(asked) {
      const value = textOf(asked, 'SecretString');
      if (value === undefined) throw new SecretsFault('InvalidRequestException', 'You must provide SecretString.');
      const made = put(value, textOf(asked, 'ClientRequestToken'));
      return { ARN: arn, Name: id, VersionId: made.id, VersionStages: made.stages };
    },
  };

  const server = await listen(async (request, response) => {
    const name = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    try {
      const asked = JSON.parse((await readBody(request)).toString() || '{}') as Asked;
      const action = actions[name];
      if (!action) throw new SecretsFault('UnknownOperationException', `no operation ${name}`);
      const wanted = textOf(asked, 'SecretId');
      if (wanted !== id && wanted !== arn) {
        throw new SecretsFault('ResourceNotFoundException', `Secrets Manager can't find the specified secret.`);
      }
      sendJson(response, 200, action(asked));
    } catch (error) {
      if (!(error instanceof SecretsFault)) throw error;
      sendJson(response, 400, { __type: error.type, Message: error.message });
    }
  });
  return { url: server.url, current: () => versions[0]?.text ?? '', stop: server.stop };
}
