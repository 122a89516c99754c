/**
 * A certificate for 127.0.0.1 whose root nobody trusts, as a proxy shows it that reads along. It protects nothing, so
 * that its key may stand here. OpenSSL made it for a hundred years.
 */
export const foreignCertificate = Object.freeze({
  /** The certificate, then its root. */
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
