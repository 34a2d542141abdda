import { createHash, createHmac } from "node:crypto";

/** Largest difference between a signature's time and ours. */
const skewMaxMs = 300_000;
const algorithm = "AWS4-HMAC-SHA256";

/** The parts of a received request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Hexadecimal SHA-256 of the body. */
  readonly bodySha256: string;
}

/**
 * The problem with a request's AWS Signature Version 4, or undefined if it is valid. Written from AWS's description of it,
 * apart from any client: each segment of the received path is encoded once more, as for every service but S3.
 */
export function signatureProblem(
  request: SignedRequest,
  secretKey: string,
  nowMs: number,
): string | undefined {
  const { headers } = request;
  const parsed =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  const [, credential = "", signedHeaders = "", signature] = parsed ?? [];
  const [, date = "", region = "", service = "", end] = credential.split("/");
  if (signature === undefined || end !== "aws4_request")
    return "Authorization header is no complete signature.";
  // Over HTTP/2 the host may be signed by the name it has there.
  const names = signedHeaders.split(";");
  const signed = new Set(names.map(realName));
  const time = headers["x-amz-date"] ?? "";
  const timeMs = Date.parse(time.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  if (!time.startsWith(date) || !(Math.abs(nowMs - timeMs) <= skewMaxMs))
    return "Signature expired or not yet current.";
  const unsigned = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))].find(
    (name) => !signed.has(name),
  );
  if (unsigned !== undefined) return `'${unsigned}' must be a 'SignedHeader' in the Authorization.`;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [algorithm, time, scope, sha256(canonical(request, names))].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${secretKey}`,
  );
  if (createHmac("sha256", key).update(toSign).digest("hex") === signature) return undefined;
  return "The request signature we calculated does not match the signature you provided.";
}

function canonical(request: SignedRequest, names: readonly string[]): string {
  const { method, path, query, headers, bodySha256 } = request;
  const declared = headers["x-amz-content-sha256"];
  const parameters = [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  return [
    method,
    path.split("/").map(encode).join("/"),
    parameters.join("&"),
    ...names.map((name) => `${name}:${(headers[realName(name)] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    declared === "UNSIGNED-PAYLOAD" ? declared : bodySha256,
  ].join("\n");
}

function realName(name: string): string {
  return name === ":authority" ? "host" : name;
}

/** Percent-encodes all but the characters that RFC 3986 calls unreserved. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
