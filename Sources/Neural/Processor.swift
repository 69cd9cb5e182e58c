internal import CKernels

/// The processor that everything here runs on.
public enum Processor {
  /// Its kind: on processors of one kind the same computation gives the same bytes.
  ///
  /// It names the version of the kernels that runs: a level of the x86-64 psABI, or `default`.
  public static var kind: String { String(cString: CKernels_processor_version()) }

  /// Whether a training with ``TrainingPrecision/mixed`` takes less time than one with
  /// ``TrainingPrecision/single``: AMD's processors with AVX512_BF16 (from Zen 4 on) multiply twice
  /// as many bfloat16s as floats, Intel's half as many.
  public static var gainsByMixedPrecision: Bool { CKernels_gains_by_bfloat16() != 0 }
}
