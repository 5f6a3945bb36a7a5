import { describe, expect, it } from 'vitest';
import { shownAddress } from '../../../core/contract/address.ts';

describe('an address that is shown before it is opened', () => {
  it.each([
    [
      'a name of look-alike letters',
      'https://аррӏе.com/login',
      'xn--80ak6aa92e.com',
      'https://xn--80ak6aa92e.com/login',
    ],
    [
      'a name in another script',
      'http://例子.测试/路径?问=题',
      'xn--fsqu00a.xn--0zwm56d',
      'http://xn--fsqu00a.xn--0zwm56d/路径?问=题',
    ],
    [
      'a name that hides behind a user',
      'https://bank.example@evil.example/',
      'evil.example',
      'https://bank.example@evil.example/',
    ],
    [
      'marks that turn the reading direction',
      'https://evil.example/\u202egnp.exe',
      'evil.example',
      'https://evil.example/%E2%80%AEgnp.exe',
    ],
    [
      'the same, encoded',
      'https://evil.example/%E2%80%AEgnp.exe',
      'evil.example',
      'https://evil.example/%E2%80%AEgnp.exe',
    ],
    [
      'isolates and joiners',
      'https://evil.example/a\u2066b\u200dc',
      'evil.example',
      'https://evil.example/a%E2%81%A6b%E2%80%8Dc',
    ],
    [
      'letters written from the right',
      'https://evil.example/\u05d0\u05d1/bank.example',
      'evil.example',
      'https://evil.example/%D7%90%D7%91/bank.example',
    ],
    ['a port', 'http://evil.example:8080', 'evil.example:8080', 'http://evil.example:8080/'],
    ['encoded ASCII', 'https://evil.example/%2e%2Fa%00', 'evil.example', 'https://evil.example/%2e%2Fa%00'],
    ['bytes that are no text', 'https://evil.example/%FF%C3', 'evil.example', 'https://evil.example/%FF%C3'],
    ['a mail address', 'mailto:a\u202eb@exämple.com', null, 'mailto:a%E2%80%AEb@ex%C3%A4mple.com'],
  ])('%s', (_, href, host, address) => {
    expect(shownAddress(href)).toMatchObject({ host, address });
    expect(shownAddress(href).href).toBe(new URL(href).href);
  });
  it('that is none is shown in ASCII too, half a character included', () => {
    expect(shownAddress('not an \u202eaddress \ud800')).toEqual({
      host: null,
      address: 'not%20an%20%E2%80%AEaddress%20%EF%BF%BD',
      href: 'not an \u202eaddress \ud800',
    });
  });
  it('never holds a character that is not seen, whatever it is made of', () => {
    for (let code = 0x80; code < 0x3000; code++) {
      const character = String.fromCodePoint(code);
      const { address } = shownAddress(`https://a.example/x${character}y`);
      expect(/[\p{C}\p{Z}]/u.test(address), code.toString(16)).toBe(false);
    }
  });
});
