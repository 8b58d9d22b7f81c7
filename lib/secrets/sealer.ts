import { armor, Decrypter, Encrypter } from 'age-encryption';
import { BerthError, messageOf } from '../errors/index.ts';
import { recipientOf } from './identity.ts';

/** Seals text to the controllers, so that etcd and its backups never hold a secret in the open. */
export interface Sealer {
  /** @returns text that only `open` of the same installation understands; different at each call */
  seal(text: string): Promise<string>;
  /** @throws BERTH_INVALID when it was sealed to somebody else, or is damaged */
  open(sealed: string): Promise<string>;
}

/** Seals with age (age-encryption.org/v1, X25519), armoured. `identity` as `loadIdentity` answers it. */
export async function createSealer({ identity }: { identity: string }): Promise<Sealer> {
  const recipient = await recipientOf(identity);
  return {
    async seal(text) {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      return armor.encode(await encrypter.encrypt(text));
    },
    async open(sealed) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      try {
        return await decrypter.decrypt(armor.decode(sealed), 'text');
      } catch (error) {
        throw new BerthError('BERTH_INVALID', `a sealed value cannot be opened: ${messageOf(error)}`, {
          expected: `something sealed to ${recipient}`,
          hint: 'every controller of an installation needs the identity file of the first one',
        });
      }
    },
  };
}
