"""The example that `supplyshock exposure --init` writes."""

EXAMPLE = """\
# The book of one firm: what it uses, holds and would try.   supplyshock exposure THIS status_quo --out runs/plant
title: Traction motors, plant A
bloc: XC                         # where the plant stands: XC outside China, CN in China
# currency: {name: EUR, usd: 1.16}   # lets money be in EUR, too: 104 M EUR/year; usd: dollars for one, your own rate
inputs:
  - market: Dy
    use: 3 t/year                # at full rate; a chip's use in money at base prices: 3 M USD/year
    stock: 8 weeks               # on the first day; or 460 kg
    reorder: {review: 4 weeks}   # a gap to the target is ordered over this time; target: 8 weeks (default: the stock)
    contract: {share: 50 %, reset: 13 weeks}   # at the paid price of the last reset; the rest at the quote
    #           fixed: 310 USD/kg until 2027-01-01    in `contract`: a price until the first reset
    priority: 1.0                # 1: rationed like the market; below 1 worse, above 1 better
  - market: Nd
    use: 10 t/year
    stock: 8 weeks
    contract: {share: 50 %, reset: 13 weeks}
lines:                           # what stops when an input is missing
  - title: Motors
    needs: [Dy, Nd]
    value_added: 120 M USD/year  # at full rate: sales less bought inputs and services
    minimum_rate: 20 %           # below this rate the line stops
    restart: 1 week              # and stands so long after its inputs are back
holding_cost: 12 %/year          # of the worth of the stocks at the quote
tail_weight: 50 %                # best stock: weight of the worst 5 % (CVaR95) beside the mean
options:                         # compared on the same paths
  - title: 13 weeks of Dy, bought over half a year
    inputs: {Dy: {stock: 13 weeks, bought: spot over 26 weeks}}
  - title: second source of Dy
    inputs: {Dy: {second_source: {share: 20 %, premium: 30 %, from: 2027-01-01}}}
  - title: motors with less Dy
    inputs: {Dy: {substitute: {after: 26 weeks, saves: 30 %, costs: 2 M USD}}}
  # stocks in weeks, bought on the first day unless `bought` says else; orders refill each unless `target` says else
  - {sweep: Dy.stock, values: [0, 2, 4, 8, 13, 26, 52]}
  - {sweep: Dy.stock, values: [8, 13, 26, 52], target: 8 weeks}   # used up down to 8 weeks, then refilled
"""
