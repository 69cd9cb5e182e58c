public import EnvironmentInterface

/// What is in a store, in numbers.
public struct DemonstrationSummary: Codable, Sendable, Hashable {
  /// A space with the values that were seen in it.
  public struct ObservedSpace: Codable, Sendable, Hashable {
    /// The environment's space; for a file of others derived from its shape and values.
    public var space: Space
    /// The smallest value of each component; of an image, one value for all.
    public var low: [Double]
    /// The largest value of each component; of an image, one value for all.
    public var high: [Double]
    /// The type of the elements in the first file that has it, such as `float64`.
    public var storedType: String
    /// In how many episodes it stands.
    public var episodes: Int
    /// The first episode that lacks it; nil where all have it.
    public var lacking: String?
    /// In how many episodes it has a step after the last action, which is not used.
    public var longer: Int
    /// Whether 32 bits hold every value as it is.
    public var fitsFloat: Bool
    /// Whether all values are whole numbers; found out of steps of three dimensions or more.
    public var areWhole: Bool
    /// The components in which a few values make more than half of the range.
    public var outlying: [OutlyingValues]
    /// The smallest and largest length of a step's four values as a vector, where they are a
    /// quaternion by their name; nil for others.
    public var lengths: [Double]?
  }

  /// How long episodes are, in steps.
  public struct Lengths: Codable, Sendable, Hashable {
    /// The shortest episode.
    public var minimum: Int
    /// Half of the episodes are at most this long.
    public var median: Double
    /// The longest episode.
    public var maximum: Int
  }

  /// The path that was opened.
  public var path: String
  /// The size of the main file and the journal in bytes.
  public var bytes: Int
  /// The environment's name; nil where nothing says it.
  public var environment: String?
  /// Decisions a second; nil for a file of others.
  public var controlRate: Double?
  /// The number of episodes, journal included.
  public var episodes: Int
  /// How many of them are still in the journal.
  public var journalEpisodes: Int
  /// The files of damaged episodes that a recorder has set aside; they are counted nowhere.
  public var setAside: [String]
  /// What was to be recorded, where the file says it.
  public var plan: RecordingPlan?
  /// The number of steps.
  public var steps: Int
  /// How long episodes are; nil without episodes.
  public var lengths: Lengths?
  /// The actions; nil without episodes.
  public var action: ObservedSpace?
  /// The observations.
  public var observations: [ObservedSpace]
  /// The number of values of a state; nil where states are not recorded.
  public var stateWidth: Int?
  /// The number of episodes that succeeded; nil where no episode says so.
  public var successes: Int?
  /// How often each behaviour was shown, such as `first_block=red, side=left`.
  public var behaviours: [String: Int]
  /// How many episodes each demonstrator recorded.
  public var recordedBy: [String: Int]
  /// The number of episodes in each mask.
  public var masks: [String: Int]
  /// What is in the file and cannot be used, and why.
  public var unused: [UnusedPart]
  /// SHA-256 of all recorded arrays: equal for equal demonstrations, whatever file holds them.
  public var digest: String
}
