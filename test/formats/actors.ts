import { createSoftwareSigner, keyToAddress, portable } from '@telltale/core'
import type { Algorithm, Signer } from '@telltale/core'
import { createNodeSigner } from '@telltale/node'

/** Somebody in the examples: an address that stays, and the key it signs with now. */
export interface Actor {
  address: string
  signer: Signer
}

/** A key of 2,048 bits that was made for these examples and guards nothing; PKCS #8 (DER). */
const RSA_SECRET = new Uint8Array(
  Buffer.from(
    `MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDANssE1uTIBMXdwKXjFQhrWu6rO2v2nYbJonvHcxtuKoHoO1HQQteutc0/2uMO09Uqsxy4
XCP9IySxtKQPzvHM+umqIKJSWfeb5/wPwZQEqUWNVSkGl9+hAKvVfVbs5S1Zp8+Sy+ZPeyTOhhHuwTjCzWxs/PazOmFdA3EOce21KN5V5pHYg7wehOjvkzsQ
1KDrec2GzheFX7PMBxcRIgX/os/psm/9muxL44pWcctCrrahSW9btt8I8Ow1q85joqonTUWgzwzK9Q1GHG557tGqnh7a4xMrMNSANaAnFmyg6jf3sKtV1hF1
fzk/ZspS7ezlWlreEjcyuQgCWoQdQy3FAgMBAAECggEAAVSi0jOAWN1tTtF9q9vXq21xLsvMUgrLSN6v0CqSVZBs8SkgWKgxnFLmLqcj5JWndazQ05L5nzeG
58GciKFi+SnpN65IL1oz1Vb4m7MwFsfKaKTasISlVIaiF5rTMDVFjuAnkOGSDn1nFByi8nH7qhGgphyQKILdtlDfPmAJ0H8QwO5F5Gg7y4UCwn/COmS+Fe5s
KAtCs0ygTf4UTDC32uSuM8/zGRHxgZ4dmMJQjadWYw37Cvdz6NODy6xKuY7XkGxaGXlt6IJLr0Nxc2vFtmveF5v2O93uJuMujRJR8VjbInJRqRzJMtMVnG8r
1ncmnx60pVeJ4BAdOQuJ/7wVuQKBgQDxBCbOKWcFvBbJKZ89qfGvuGk8O7y4BOxZB9YJY438NnmQYl4t8D/fu0zE2C81cNZ9Oxl5OSKHrjTrOSUMqKRPFovL
gtSp0yyMlDPmA0VmEZsCqgg5zBhdGw4rD+SwQvF0cq8Wrl61no4POw7kxkuEev8NAPXSoyY6NDa5Sy+j6wKBgQDMKfCCD0orhBm4S6ujsgXV8v0L04CtwP8N
MVYKxGr5HNrQcD4a5DG879CXX9JQ6Cwt3+X6XZM84dt8K1ILzCFaLB75+SnLHYBPYKA+Xq8oZyCgz+m77c7wdUINmvmdNNuP1sRBqO8YayQUM40txCCjnBHZ
IZjd4UzccvqKL9v5DwKBgHxTxuzMgL99kkd8+A8oLmuV9ntC2YwXxg/7MdcwCttTAoyPocOSznBMP0K/vkKUDaEWLoLRDVXucI/yr4EDMZc2qzB1MdzU+YMf
JFJ/13nalRrfuVSPSvYkcb+W+EJQlhua2WUa1/Jacy+6KGmtPOF/TThZCXX6AUs/Cge1mEK3AoGAbb85ruBDMYMwRDZBDJycsHaO+fV2nXA6akAUDXOqQUD2
isdbSx9RcUvEaCq1JpK3dO1/dYcpp7eNQYET+I2BfDRtblg21B2GpKS/XueM5n4RNwCslz3tWKrfl+qvtYb9Y6PCGb2S0SB+43EWufxMw0YY/gwmXVdH9tTD
wtaZO5cCgYEA3kH6naTVqkytlSJKLdyAnofPH/5BeY2zmBLiTTKwXQqcsroYzrEKpDIyGmZh013fDkMyjIJbysAbtKzAaKaWD6HW08vEfwvIUbxhzDzn8Cu3
fFbUD3nBS7uelaXZBtVMZxSmopQwboWZr0IX3vCNjvBcLBAoUEX72h1hMTC3gLo=`,
    'base64',
  ),
)

/** The secret of number n: 32 bytes n, but for RSA. */
export function secretOf(number: number, algorithm: Algorithm): Uint8Array {
  return algorithm === 'RS256' ? RSA_SECRET : filled(number)
}

export function filled(number: number, length = 32): Uint8Array {
  return new Uint8Array(length).fill(number)
}

/** A signer whose signatures are the same in every run. */
export function signerOf(number: number, algorithm: Algorithm, keyNumber: number): Signer {
  const secret = secretOf(number, algorithm)
  return algorithm === 'RS256' ? createNodeSigner(algorithm, secret, keyNumber) : createSoftwareSigner(algorithm, secret, keyNumber)
}

export function actor(number: number, algorithm: Algorithm = 'EdDSA'): Actor {
  const signer = signerOf(number, algorithm, 0)
  return { address: keyToAddress(signer.publicKey, portable), signer }
}
