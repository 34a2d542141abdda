import { type HeaderKind, headerKind } from "./header-kind.ts";

/** One header field as the tables keep it. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  readonly kind: HeaderKind;
}

/** Size of an entry beyond its name and value (RFC 7541 §4.1). */
export const entryOverheadBytes = 32;

/** The size both sides start with, and all we ever allow (SETTINGS_HEADER_TABLE_SIZE). */
export const dynamicTableBytes = 4_096;

/** The decoder's dynamic table: the newest entry has index 62. */
export class DynamicTable {
  /** A ring, because entries leave at the other end than they enter. */
  readonly #ring: (HeaderField | undefined)[] = new Array(dynamicTableBytes / entryOverheadBytes);
  #newest = 0;
  #count = 0;
  #bytes = 0;
  #maxBytes = dynamicTableBytes;

  /** The field at an index of the joint address space of both tables, from 1; undefined when there is none. */
  get(index: number): HeaderField | undefined {
    if (index <= staticTable.length) return staticTable[index - 1];
    const age = index - staticTable.length - 1;
    if (age >= this.#count) return undefined;
    return this.#ring[(this.#newest - age + this.#ring.length) % this.#ring.length];
  }

  /** Adds a field and lets the oldest go; one larger than the table empties it. */
  add(field: HeaderField): void {
    const bytes = entryBytes(field);
    this.#evictTo(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    this.#newest = (this.#newest + 1) % this.#ring.length;
    this.#ring[this.#newest] = field;
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** Follows the encoder's size update; false when it exceeds what we allow. */
  resize(maxBytes: number): boolean {
    if (maxBytes > dynamicTableBytes) return false;
    this.#maxBytes = maxBytes;
    this.#evictTo(maxBytes);
    return true;
  }

  #evictTo(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = (this.#newest - this.#count + 1 + this.#ring.length) % this.#ring.length;
      this.#bytes -= entryBytes(this.#ring[oldest] as HeaderField);
      this.#ring[oldest] = undefined;
      this.#count -= 1;
    }
  }
}

/** Size of a field in the table and in the header list: characters are bytes, as headers are Latin-1. */
export function entryBytes(field: HeaderField): number {
  return field.name.length + field.value.length + entryOverheadBytes;
}

/** RFC 7541, appendix A: `name=value`, or a name alone. */
const staticTable: readonly HeaderField[] = `:authority
:method=GET
:method=POST
:path=/
:path=/index.html
:scheme=http
:scheme=https
:status=200
:status=204
:status=206
:status=304
:status=400
:status=404
:status=500
accept-charset
accept-encoding=gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split("\n")
  .map((line) => {
    const [name = "", value = ""] = line.split(/(?<=.)=/);
    return { name, value, kind: headerKind(name, value) };
  });
