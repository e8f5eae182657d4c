import { describe, expect, it } from 'vitest';
import { chosenVersions, type VersionPolicy } from '../../../runtime/src/models/version-policy.js';

const LARGE = '9007199254740993';
const found = ['2', '10', '1', LARGE, '9007199254740992'];

describe('the versions that are served', () => {
  it.each<[VersionPolicy, string[]]>([
    [{ kind: 'all' }, [LARGE, '9007199254740992', '10', '2', '1']],
    [{ kind: 'latest', count: 1 }, [LARGE]],
    [{ kind: 'latest', count: 9 }, [LARGE, '9007199254740992', '10', '2', '1']],
    [{ kind: 'specific', versions: ['1', '3', '10'] }, ['10', '1']],
    [{ kind: 'specific', versions: ['3'] }, []],
  ])('are by %j %j', (policy, versions) => {
    expect(chosenVersions(found, policy, [])).toEqual(versions);
  });

  it('include those that a label points to, and of these none that is not there', () => {
    expect(chosenVersions(found, { kind: 'latest', count: 1 }, ['2', '7'])).toEqual([LARGE, '2']);
    expect(chosenVersions(found, { kind: 'specific', versions: ['1'] }, ['1'])).toEqual(['1']);
  });
});
