// The JSON schema of the configuration file, for editors: the settings' own, with nothing required, since the built-in
// profiles give what is left out.
import * as z from 'zod';
import { settingsSchema } from './settings.ts';

type Json = { [key: string]: unknown };

/** JSON Schema draft 2020-12 of config.yaml. */
export function fileSchema(): Json {
  const whole = z.toJSONSchema(settingsSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const schema: Json = jsonSchema;
      // Our own marks; editors know one for secrets.
      if (schema.secret) schema.writeOnly = true;
      for (const mark of ['secret', 'path', 'pathList', 'required']) delete schema[mark];
      if (schema.properties) {
        schema.additionalProperties = false;
        schema.properties = given(schema.properties as Json);
      }
      if (JSON.stringify(schema.default) === '{}') delete schema.default;
    },
  });
  // A contact is written whole or not at all.
  const properties = nullable(whole.properties as Json);
  const { profile: _, ...ofProfile } = properties;
  const profile = {
    type: 'object',
    properties: {
      extends: { type: 'string', description: 'profile to inherit from' },
      ...refs(ofProfile),
    },
    additionalProperties: false,
  };
  return {
    $schema: whole.$schema,
    title: 'bentham-cockpit configuration',
    description: 'Top-level options apply to every profile; options below profiles.NAME override them.',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      ...properties,
      profiles: {
        type: 'object',
        description: 'your own profiles, and changes to production and staging',
        additionalProperties: profile,
      },
    },
    // Where anchors may stand.
    patternProperties: { '^x-': {} },
    additionalProperties: false,
  };
}

/** Without what is found out rather than given. */
const given = (properties: Json): Json =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => !(value as Json).derived));

/** Sections may be empty, and optional ones unset. */
function nullable(properties: Json): Json {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => {
      const schema = value as Json;
      if (!schema.properties) return [name, schema];
      return [name, { ...schema, type: ['object', 'null'], properties: nullable(schema.properties as Json) }];
    }),
  );
}

const refs = (properties: Json): Json =>
  Object.fromEntries(Object.keys(properties).map((name) => [name, { $ref: `#/properties/${name}` }]));
