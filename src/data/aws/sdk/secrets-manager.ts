// What is used of the package: what is imported whole, on demand, is bundled and loaded whole.
export {
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
