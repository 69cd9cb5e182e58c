// Operations of two nodes of which one says how the other is changed.

extension ForwardCompiler {
  mutating func emitConditioned(_ index: Int) {
    switch graph.values[index].operation {
    case .modulate(let x, let condition, let modulation):
      let (x, condition) = (operand(x, for: index), operand(condition, for: index))
      append(.modulate(place(index), input: x, by: condition, modulation), for: index)
    case .framed(let x, let poses, let sizes):
      let (x, poses) = (operand(x, for: index), operand(poses, for: index))
      append(.framed(place(index), input: x, poses: poses, sizes), for: index)
    case .mixture(let answers, let logits, let sizes):
      let (answers, logits) = (operand(answers, for: index), operand(logits, for: index))
      let shares = allocate(sizes.frames * sizes.points, rows: rowKind(index))
      statistics[index] = shares
      append(
        .mixture(place(index), shares: shares, answers: answers, logits: logits, sizes), for: index)
    case .sharedAttention(let queries, let tokens, let sizes):
      let (queries, tokens) = (operand(queries, for: index), operand(tokens, for: index))
      let weights = allocate(sizes.weightCount, rows: rowKind(index))
      append(
        .sharedAttention(place(index), weights: weights, queries: queries, tokens: tokens, sizes),
        for: index)
    default:
      break  // The caller's own.
    }
  }
}

extension BackwardCompiler {
  mutating func emitConditioned(_ index: Int, _ dy: Slot) {
    switch forward.graph.values[index].operation {
    case .modulate(let x, let condition, let modulation):
      emitModulate(index, dy, of: x, by: condition, modulation)
    case .framed(let x, let poses, let sizes):
      guard let dx = target(x) else { return }
      add(
        .framedBackward(
          dx.slot, outputGradient: dy, poses: forward.operandPlace(poses, of: index), sizes,
          accumulates: dx.accumulates))
    case .quantise(let x, _, _):
      // The gradient passes as if nothing had been changed.
      guard let dx = target(x) else { return }
      add(.scale(dx.slot, dy, by: 1, accumulates: dx.accumulates))
    case .mixture(let answers, let logits, let sizes):
      emitMixture(index, dy, answers, logits, sizes)
    default:
      break  // The caller's own.
    }
  }

  private mutating func emitModulate(
    _ index: Int, _ dy: Slot, of x: Int, by condition: Int, _ modulation: Modulation
  ) {
    if let dx = target(x) {
      add(
        .modulateBackward(
          dx.slot, outputGradient: dy, condition: forward.operandPlace(condition, of: index),
          modulation, accumulates: dx.accumulates))
    }
    guard let gradient = target(condition) else { return }
    if !gradient.accumulates {
      // The condition's other columns have no gradient from here.
      add(.fillRows(gradient.slot, RowStart(), columns: count(condition)))
    }
    add(
      .modulateCondition(
        gradient.slot, outputGradient: dy, input: forward.operandPlace(x, of: index), modulation))
  }

  private mutating func emitMixture(
    _ index: Int, _ dy: Slot, _ answers: Int, _ logits: Int, _ sizes: MixtureSizes
  ) {
    let shares = kept(index)
    if let gradient = target(logits) {
      add(
        .mixtureLogits(
          gradient.slot, outputGradient: dy, answers: forward.operandPlace(answers, of: index),
          output: value(index), shares: shares, sizes, accumulates: gradient.accumulates))
    }
    if let gradient = target(answers) {
      add(
        .mixtureAnswers(
          gradient.slot, outputGradient: dy, shares: shares, sizes,
          accumulates: gradient.accumulates))
    }
  }
}
