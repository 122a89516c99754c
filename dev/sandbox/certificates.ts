/** A certificate for 127.0.0.1 and its root, and its key. OpenSSL made both for a hundred years. They protect nothing. */
export interface Certificate {
  /** PEM: the certificate, then its root. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** A certificate that processes trust which trust its root. */
export const sandboxCertificate: Certificate = Object.freeze({
  cert: `-----BEGIN CERTIFICATE-----
MIIBjTCCATKgAwIBAgITclQ+JQuXD4dymQT7zCM22xkivTAKBggqhkjOPQQDAjAX
MRUwEwYDVQQDDAxTYW5kYm94IHJvb3QwIBcNMjYxMjAxMDAyNTE5WhgPMjEyNjEx
MDcwMDI1MTlaMBQxEjAQBgNVBAMMCTEyNy4wLjAuMTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABEb2+MecFTIOX0qgd/BRH9q/MAJAT0Ip5ItJYP+XFN+dK2P/MiBi
Fy1zHivQ7xdK8lSdTMuT/B3IdG+i9rlKrx6jXjBcMBoGA1UdEQQTMBGHBH8AAAGC
CWxvY2FsaG9zdDAdBgNVHQ4EFgQUN4vgFtgtMkHIelZu/7yqweQLDQ0wHwYDVR0j
BBgwFoAUW53liHVrsovwrRD3wbYHFiqrOSUwCgYIKoZIzj0EAwIDSQAwRgIhANr6
5oqhUkXqxho8uWxUF2L36WgMZ9Ndr/7s0EBotEK/AiEA0LtnE9bFxpxs9uImmGIe
LVI6foF9yyQihcceDrWwR4E=
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIBhjCCASugAwIBAgIUTGU+edgrbXY+vc0JJfk490g2YmQwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMU2FuZGJveCByb290MCAXDTI2MTIwMTAwMjUxOVoYDzIxMjYx
MTA3MDAyNTE5WjAXMRUwEwYDVQQDDAxTYW5kYm94IHJvb3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAASpSTHJuI9hCls3cHXmFLlYnxsUbFpDgn+L5S9ncJiXwBPa
lCRbUGzwCci8r/BEj8rAvriqAmjTXfBQ7+ZBEmE7o1MwUTAdBgNVHQ4EFgQUW53l
iHVrsovwrRD3wbYHFiqrOSUwHwYDVR0jBBgwFoAUW53liHVrsovwrRD3wbYHFiqr
OSUwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEArvDuBbvhOMDr
R4tDvTdk/iIL4pO8VODygOQXdOry+esCIQC/4VekvHxyksI/ts2gMBuDYbUbmsFA
kywJZetxUWKwyw==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqwzPrLkhsIAVkufA
G34Dfd6rFvRZrnorJXYTXk6cov+hRANCAARG9vjHnBUyDl9KoHfwUR/avzACQE9C
KeSLSWD/lxTfnStj/zIgYhctcx4r0O8XSvJUnUzLk/wdyHRvova5Sq8e
-----END PRIVATE KEY-----
`,
});

/** A certificate whose root nobody trusts, as a proxy shows it that reads along. */
export const foreignCertificate: Certificate = Object.freeze({
  cert: `-----BEGIN CERTIFICATE-----
MIIBjTCCATOgAwIBAgIUEiGnig09HRelkbr02cUfYNxiqzgwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMRm9yZWlnbiByb290MCAXDTI2MTEzMDIzMzg1MFoYDzIxMjYx
MTA2MjMzODUwWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAAQ+t3gyfyk16svxdC6r4LhyEKg1dAsAUabb20OeTOQn2fqd9kMf
Zp0nCJtA05LhfM/no/E2kHuiNhtyzyUYN7Ndo14wXDAaBgNVHREEEzARhwR/AAAB
gglsb2NhbGhvc3QwHQYDVR0OBBYEFEs9he5LVteHTFijJV0DBJfThK9kMB8GA1Ud
IwQYMBaAFGmp8TDrXB+JvHIpbJrkbV8pi25CMAoGCCqGSM49BAMCA0gAMEUCIGG7
P+A7aETmUJzC3n84T4xK/VmtqIjUk0wLxR2oUdZEAiEA8lNdkAmaRtV/XQwFKi7m
Sm45Q3ytKGfg6uU8dBynudw=
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUfSb2iWMMr7nCKNdH39fnoCm+tIYwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMRm9yZWlnbiByb290MCAXDTI2MTEzMDIzMzg1MFoYDzIxMjYx
MTA2MjMzODUwWjAXMRUwEwYDVQQDDAxGb3JlaWduIHJvb3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAATANuYKLsM7kitXCmPO1Ux+XUuY+lgft7JtJG75J3HBmolc
mUUdXP3io5TLw+CvE/oacQaUCfZpUGavKLVhvF2Ho1MwUTAdBgNVHQ4EFgQUaanx
MOtcH4m8cilsmuRtXymLbkIwHwYDVR0jBBgwFoAUaanxMOtcH4m8cilsmuRtXymL
bkIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA+fbG9ZocIzjW
xgxk8m8aXhEIp22UNHYawOIEg+HCYsUCIDhXECAfdbtlVNhdnzJbQYFmGbVReqDk
i6yvKyIdx4V3
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgq5VRcVQnv4hU5/UA
IK9PRf335SJLxb9shzbiJ/dwdlWhRANCAAQ+t3gyfyk16svxdC6r4LhyEKg1dAsA
Uabb20OeTOQn2fqd9kMfZp0nCJtA05LhfM/no/E2kHuiNhtyzyUYN7Nd
-----END PRIVATE KEY-----
`,
});

/** Returns the root of a certificate, PEM. */
export const rootOf = ({ cert }: Certificate): string => cert.slice(cert.lastIndexOf('-----BEGIN CERTIFICATE-----'));
