import type { PoolClient } from 'pg';
import { WarmstartError } from '../common/errors.ts';
import type { ScenarioRecord } from '../datasets/dataset.ts';
import type { FeatureField } from '../features/feature-schema.ts';
import { fieldOf, type StoredFeatureField } from './feature-fields.ts';
import { ruleOrError, type ScenarioRule, type StoredRule } from './scenario-rule.ts';

/**
 * Lets the pools follow the rules only when `followRules` is called, and not after each statement of this transaction.
 * The change of a rule waits for all transactions that have changed items, and the items of others wait for it: so a
 * long transaction must not take their lock before its end.
 */
export async function followRulesLater(client: PoolClient): Promise<void> {
  await client.query(`SET LOCAL warmstart.pools = 'later'`);
}

/** Computes the pools of the items and rules that this transaction has stored. Call it shortly before it ends. */
export async function followRules(client: PoolClient): Promise<void> {
  await client.query('SELECT follow_rules_now()');
}

/** The rules of scenarios, as a load reads and checks them. */
export class ScenarioRules {
  readonly #fields: readonly FeatureField[];
  /** The scenarios whose pools follow rules. */
  readonly #following: ReadonlySet<string>;

  private constructor(fields: readonly FeatureField[], following: ReadonlySet<string>) {
    this.#fields = fields;
    this.#following = following;
  }

  /** Reads what rules can refer to. The features stay declared until the transaction of `client` ends. */
  static async read(client: PoolClient): Promise<ScenarioRules> {
    const fields = await client.query<StoredFeatureField>(
      'SELECT entity::text AS entity, name, kind::text AS kind, width FROM feature_fields ORDER BY entity, name FOR SHARE',
    );
    const following = await client.query<{ id: string }>(
      'SELECT external_id AS id FROM scenarios WHERE rule IS NOT NULL',
    );
    return new ScenarioRules(fields.rows.map(fieldOf), new Set(following.rows.map(({ id }) => id)));
  }

  /** Returns why a scenario cannot be stored because of its rule; `undefined` if it can. */
  problemOf({ id, items, rule }: ScenarioRecord): string | undefined {
    if (items.length > 0 && (rule || this.#following.has(id)))
      return 'expected either items or a rule, got items of a scenario whose pool follows a rule';
    const stored = rule && ruleOrError(this.#fields, rule, ['rule']);
    return stored instanceof WarmstartError ? stored.message : undefined;
  }

  /** Returns a rule without a problem in its stored form. */
  stored(rule: ScenarioRule): StoredRule {
    return ruleOrError(this.#fields, rule, ['rule']) as StoredRule;
  }
}
