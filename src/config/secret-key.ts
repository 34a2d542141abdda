const secretKey = /^(apiKey|token|password|secret|clientSecret|secretAccessKey|sessionToken)$/;

/** True if a key of this name holds a secret. */
export function isSecretKey(key: string | number | undefined): boolean {
  return secretKey.test(String(key));
}
