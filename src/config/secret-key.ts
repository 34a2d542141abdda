const secretKey = /^(apiKey|token|password|secret|clientSecret|secretAccessKey|sessionToken)$/;

/** Whether what a key of this name holds is secret. */
export function isSecretKey(key: string | number | undefined): boolean {
  return secretKey.test(String(key));
}
