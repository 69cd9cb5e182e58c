internal import CKernels

extension TrainingProgram {
  /// What the workers of a region do.
  enum Task {
    /// A whole step.
    case step
    /// The gradient of some rows; what depends on the noise step alone is computed with the first.
    case gradient(of: Range<Int>, into: FloatBuffer, isFirst: Bool)
    /// Adds the second buffer to the first.
    case sum(FloatBuffer, FloatBuffer)
    /// Moves the weights.
    case update
  }

  /// Computes the gradient of a batch shard by shard, this process's part of it, and moves the
  /// weights.
  func step(_ sharded: ShardedGradient, _ state: OptimiserState, _ pool: WorkerPool) {
    let shards = sharded.shards
    let first = shards.own(sharded.ranks?.rank ?? 0).lowerBound
    sharded.sum(into: state.gradients) { shard, buffer in
      region?.task = .gradient(
        of: shards.rows(of: shard, batch: batch, group: group), into: buffer,
        isFirst: shard == first)
      pool.run(self)
    } add: { total, other in
      region?.task = .sum(total, other)
      pool.run(self)
    }
    if let ranks = sharded.ranks {
      // What reports and averages are made of, from those who computed it.
      for (place, width) in sampleRows {
        ranks.gather(workspace.pointer + place) { [batch, group] rank in
          let rows = sharded.rows(batch: batch, group: group, of: rank)
          return rows.lowerBound * width..<rows.upperBound * width
        }
      }
    }
    region?.task = .update
    pool.run(self)
  }

  /// Adds a buffer to another, chunk by chunk.
  func sum(_ total: FloatBuffer, _ other: FloatBuffer, _ worker: Worker) {
    worker.forEachTask(queue: 7, of: chunkSums.count) { chunk in
      let range = elements(of: chunk)
      let place = total.pointer + range.lowerBound
      CKernels_sum(place, place, other.pointer + range.lowerBound, 1, 1, range.count)
    }
  }
}
