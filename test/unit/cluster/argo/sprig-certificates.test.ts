import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { argoExprEnv, evalExpr } from '../../../../server/cluster/argo/expressions/index.ts';

const pairOf = (source: string, values: Record<string, string> = {}): { certificate: X509Certificate; key: string } => {
  const [cert, key] = evalExpr(`[${source}.Cert, ${source}.Key]`, argoExprEnv(values)) as [string, string];
  return { certificate: new X509Certificate(cert), key };
};

describe("sprig's certificates in expressions", () => {
  it('makes an authority that signs for others', () => {
    const text = evalExpr('let ca = sprig.genCA("my-ca", 10); let leaf = sprig.genSignedCert("web", ["10.0.0.1"], ["web.argo.svc"], 5, ca); ca.Cert + "|" + leaf.Cert + "|" + leaf.Key', argoExprEnv({}));
    const [caText = '', leafText = '', key = ''] = String(text).split('|');
    const [ca, leaf] = [new X509Certificate(caText), new X509Certificate(leafText)];
    expect({ subject: ca.subject, ca: ca.ca, signed: leaf.verify(ca.publicKey), issued: leaf.checkIssued(ca), issuer: leaf.issuer, names: leaf.subjectAltName }).toEqual({ subject: 'CN=my-ca', ca: true, signed: true, issued: true, issuer: 'CN=my-ca', names: 'DNS:web.argo.svc, IP Address:10.0.0.1' });
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
  });

  it('signs a certificate with its own key, which may be given', () => {
    const key = String(evalExpr('sprig.genPrivateKey("ecdsa")', argoExprEnv({})));
    const { certificate, key: kept } = pairOf('sprig.genSelfSignedCertWithKey("me", nil, nil, 1, key)', { key });
    expect({ signed: certificate.verify(certificate.publicKey), subject: certificate.subject, ca: certificate.ca, usage: certificate.keyUsage }).toEqual({ signed: true, subject: 'CN=me', ca: false, usage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] });
    expect(kept).toBe(key);
    expect(Math.round((Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3_600_000)).toBe(24);
  });

  it.each([
    ['sprig.genSelfSignedCert("me", ["nowhere"], nil, 1)', 'error parsing ip: nowhere'],
    ['sprig.genSignedCert("me", nil, nil, 1, {"Cert": "", "Key": ""})', 'unable to decode certificate'],
    ['sprig.genCAWithKey("me", 1, "no key")', 'parsing private key: '],
    ['sprig.buildCustomCert("eA==", "eA==")', 'unable to decode certificate'],
  ])('%s fails', (source, message) => {
    expect(() => evalExpr(source, argoExprEnv({}))).toThrow(message);
  });
});
