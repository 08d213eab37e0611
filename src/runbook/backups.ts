// What is promised to be there when it is needed (runbook, Backup Schedule).
import { day, hour, type Ms } from '../core/time.ts';

export type BackupPromise = {
  id: 'database-hourly' | 'database-daily' | 'redis-daily' | 'evidence';
  data: string;
  /** As the runbook writes it. */
  frequency: string;
  retention: string;
  location: string;
  /** The newest one must not be older; absent where it is continuous. */
  every?: Ms;
  /** The oldest one that must still be there; absent where a policy decides. */
  keptFor?: Ms;
};

export const backupSchedule: readonly BackupPromise[] = [
  {
    id: 'database-hourly',
    data: 'Database',
    frequency: 'Hourly',
    retention: '7 days',
    location: 'S3 (cross-region)',
    every: hour,
    keptFor: 7 * day,
  },
  {
    id: 'database-daily',
    data: 'Database',
    frequency: 'Daily',
    retention: '30 days',
    location: 'S3 (cross-region)',
    every: day,
    keptFor: 30 * day,
  },
  {
    id: 'redis-daily',
    data: 'Redis',
    frequency: 'Daily',
    retention: '7 days',
    location: 'S3',
    every: day,
    keptFor: 7 * day,
  },
  {
    id: 'evidence',
    data: 'Evidence',
    frequency: 'Real-time',
    retention: 'Per retention policy',
    location: 'S3 (Object Lock)',
  },
];
