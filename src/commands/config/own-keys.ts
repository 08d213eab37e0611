// Which keys are free on which screen: only the screens know.
export { withFreeKeys } from '../../screens/own/keys.ts';
