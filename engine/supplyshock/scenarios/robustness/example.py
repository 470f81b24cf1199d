"""The example that `supplyshock robustness --init` writes."""

EXAMPLE = """\
# Policies against many futures.   supplyshock robustness THIS --out runs/robust
title: A deal or a stock of dysprosium
base: status_quo                 # config of policies that name no scenario of their own
policies:                        # each a scenario, and changes of it; 2 at least
  - title: As it is
  - title: 100 t of Dy in store
    changes:                     # as a config has them
      levers: {stockpile: [{market: Dy, initial: 100 t}]}
  - title: A mine outside China
    scenario: new_mine           # a shipped scenario, or a file
  - title: Swap deal
    scenario: swap_deal
futures:
  number: 500                    # sets of parameters, the same for every policy
  paths: 1000                    # simulated in each future with each policy, on the same random numbers
  vary:                          # `calibrated`: drawn as `uncertainty` does; `priors`: what every path draws itself is
    - calibrated                 # the same on all paths of a future; `judged`: expert judgement with a range, uniform
    - priors
    - judged
    # - parameters.chip.replace_weeks=52..260    a key with a range of its own, as --vary of `sweep` has it
measures:                        # as in --measure, with mean, p90 or cvar95; `better: higher` where more is better
  - measure: loss:US mean        # lost output of the United States over the run; the first measure leads the answer
    satisfied: < 5 bn USD        # good enough: a policy fails in a future in which this does not hold
  - measure: loss:US cvar95      # mean of the worst 5 % of paths
  - measure: short:Dy            # probability of a week of shortage of dysprosium, in %
    # regret: < 2 %              good enough by regret: this close to the best policy of that future
"""
