extension ForwardCompiler {
  mutating func emitSpatial(_ index: Int, of x: Int, _ operation: SpatialOperation) {
    let kept = operation.kept
    if kept.count > 0, isTraining || kept.always {
      statistics[index] = allocate(kept.count, rows: rowKind(index))
    }
    append(
      .spatial(operation, place(index), kept: statistics[index], input: placed(x)), for: index)
  }
}

extension BackwardCompiler {
  mutating func emitSpatial(_ index: Int, _ dy: Slot, of x: Int, _ operation: SpatialOperation) {
    let (kept, input) = (forward.statistics[index], value(x))
    if let dx = target(x) {
      add(
        .spatialBackward(
          operation, dx.slot, outputGradient: dy, input: input, output: value(index), kept: kept,
          accumulates: dx.accumulates))
    }
    guard case .groupNorm(let norm, let shape) = operation, let kept else { return }
    // One task, whatever the number of channels: each sums over all positions of all images.
    addTasks(at: norm.scale, columns: 1) { _, _, accumulates in
      .groupNorm(
        norm, shape, outputGradient: dy, input: input, statistics: kept, accumulates: accumulates)
    }
    noteWritten(norm.scale)
  }
}
