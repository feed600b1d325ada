/** Whoever a request was authenticated as. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** What an authoriser decides by. */
export interface Attributes {
  user: UserInfo;
  /** `get`, `list`, … or, for a non-resource URL, the lower-case HTTP method. */
  verb: string;
  /** Absent for a non-resource URL. */
  resource?: { group: string; version: string; resource: string; subresource?: string; namespace?: string; name?: string };
  /** The path of a non-resource URL. */
  path?: string;
}
