internal import CKernels

/// The processor that everything here runs on.
public enum Processor {
  /// Its kind: on processors of one kind the same computation gives the same bytes.
  ///
  /// It names the version of the kernels that runs, a level of the x86-64 psABI or `default`, and
  /// `+bfloat16` where products of a ``TrainingPrecision/mixed`` training have their own
  /// instruction.
  public static var kind: String {
    String(cString: CKernels_processor_version())
      + (CKernels_has_bfloat16() != 0 ? "+bfloat16" : "")
  }
}
