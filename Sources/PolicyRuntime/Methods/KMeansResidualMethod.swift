/// Behaviour cloning over clusters with an offset, which the backbone predicts for each cluster and
/// learns for the one that the demonstrated chunk belongs to.
///
/// Source: Shafiullah et al., "Behavior Transformers", NeurIPS 2022, section 3.3.
public struct KMeansResidualMethod: ClusteringMethod {
  /// The name by which it is chosen.
  public static let name = "kmeans-residual"
  /// What it learns.
  public static let summary = "one of K typical chunks, with an offset"

  /// The number of clusters; at least 2, at most the number of distinct chunks in the
  /// demonstrations.
  public var clusters: Int
  /// The weight of the offset's mean squared error in the loss; more than 0.
  public var offsetWeight: Double

  /// Creates the method with 64 clusters and the published weight.
  public init() { self.init(clusters: 64) }

  /// Creates the method.
  public init(clusters: Int, offsetWeight: Double = 100) {
    self.clusters = clusters
    self.offsetWeight = offsetWeight
  }

  /// How chunks become clusters.
  public var clustering: ClusteredChunks {
    ClusteredChunks(clusters: clusters, offsetWeight: offsetWeight)
  }
}
