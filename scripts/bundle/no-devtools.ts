/** Replaces react-devtools-core in the bundle: Ink loads it only in development. */
export default { initialize() {}, connectToDevTools() {} };
