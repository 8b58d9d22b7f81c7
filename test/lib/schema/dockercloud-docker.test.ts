import { expect } from 'chai';
import { isMirror, isRegistry } from '../../../lib/schema/dockercloud-docker.ts';

describe('an insecure registry', () => {
  for (const text of ['h', 'registry.local:5000', '10.0.0.1:5000', '10.0.0.0/8', 'fd00::/8', '::1', '[::1]:5000'])
    it(`is ${text}`, () => expect(isRegistry(text)).to.equal(true));
  for (const text of [
    '',
    '::::',
    ':5000',
    'h:',
    'h:port',
    'h:65536',
    'http://h',
    'h/path',
    'a b',
    '10.0.0.0/33',
    '-h',
    '[h]:1',
  ])
    it(`is not "${text}"`, () => expect(isRegistry(text)).to.equal(false));
});

describe('a mirror', () => {
  for (const text of ['https://mirror.example.com', 'http://10.0.0.1:5000/', 'https://[fd00::1]:5000'])
    it(`is ${text}`, () => expect(isMirror(text)).to.equal(true));
  for (const text of [
    '',
    'h',
    'ftp://h',
    'https://',
    'https://::::',
    'https://h:x',
    'https://h/p',
    'https://h?q',
    'https://u@h',
  ])
    it(`is not "${text}"`, () => expect(isMirror(text)).to.equal(false));
});
