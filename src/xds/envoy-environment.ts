/** What Envoy and the tools around it read; providers' keys and our own secrets are in other variables. */
const allowed =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_[A-Z]+|LD_LIBRARY_PATH|LD_PRELOAD|MALLOC_[A-Z_]+|TCMALLOC_[A-Z_]+|ENVOY_UID|ENVOY_GID)$/;

/** The variables of `env` that Envoy is given. Any local process of the same user can read the environment of another. */
export function envoyEnvironment(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => allowed.test(name)));
}
