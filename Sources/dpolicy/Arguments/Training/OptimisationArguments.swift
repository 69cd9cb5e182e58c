public import ArgumentParser
public import Neural

/// The flags of a training that say how it is learnt.
struct OptimisationArguments: ParsableArguments {
  @Option(help: "Optimisation steps.")
  var steps: Int?

  @Option(help: "Windows per optimisation step.")
  var batch: Int?

  @Option(
    help:
      "Parts of a batch whose gradients are added in a fixed order (1 if not given): as many processes may share a training under mpirun."
  )
  var shards: Int?

  @Option(
    help: """
      How products are computed: single, or mixed, which rounds operands to bfloat16 and is for \
      AMD processors with AVX512_BF16 (single if not given).
      """)
  var precision: TrainingPrecision?

  @Option(help: "The learning rate after warm-up.")
  var learningRate: Float?

  @Option(help: "The seed of all random numbers.")
  var seed: UInt64?
}

extension TrainingPrecision: ExpressibleByArgument {}
