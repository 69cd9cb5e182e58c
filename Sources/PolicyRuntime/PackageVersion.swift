/// The version of this package, noted in every checkpoint and table.
public enum PackageVersion {
  /// As in the release's tag.
  public static let current = "0.2.0"
}
