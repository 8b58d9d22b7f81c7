// Mocha's own spec reporter, and one plain line at the end: `N passed, N failed`.
const { Runner, reporters } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      // After the summary, which Spec prints at the same event.
      setImmediate(() => console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`));
    });
  }
};
