import CHDF5
import Foundation

/// HDF5 files of other tools as one file in robomimic's layout, which lies in memory: tables are
/// cut into episodes there, anything else is reached by links.
///
/// | layout | becomes |
/// |---|---|
/// | D4RL: `actions`, `observations` of all steps in one table | `demo_N`, `obs/observations` |
/// | ACT, ALOHA: a folder of `episode_N.hdf5` with `action`, `observations/…` | `demo_N`, `obs/…` |
/// | Minari: `episode_N` with `actions`, `observations` | `demo_N`, `obs/observations` or `obs/…` |
/// | `demo_N` at the root | the same in `data` |
struct ForeignView {
  /// The file in memory.
  let file: HDF5File
  /// What of the others is not used.
  let unused: [UnusedPart]

  /// The episodes' files of a folder, in the order of their numbers; empty where it holds none.
  static func episodeFiles(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let numbered = names.compactMap { name -> (Int, String)? in
      guard name.hasPrefix("episode_"), name.hasSuffix(".hdf5") else { return nil }
      return Int(name.dropFirst(8).dropLast(5)).map { ($0, name) }
    }
    return numbered.sorted { $0 < $1 }.map { "\(folder)/\($0.1)" }
  }

  /// Sees the files of ACT's or ALOHA's episodes as one.
  init(episodes files: [String], in folder: String, following links: LinkPolicy) throws {
    file = try HDF5File(inMemory: "\(folder)/episodes", following: links) { root in
      let data = try root.createGroup(Layout.data)
      for (index, path) in files.enumerated() {
        let demo = try data.createGroup(Layout.demo(index))
        try demo.link("actions", to: "/action", in: path)
        try demo.link("obs", to: "/observations", in: path)
      }
    }
    unused = []
  }

  /// Sees a table as episodes.
  private init(_ table: ForeignTable, others: [String], _ path: String) throws {
    file = try HDF5File(inMemory: path, following: .nowhere) { root in try table.write(to: root) }
    unused = others.map {
      UnusedPart(
        $0,
        $0 == "next_observations"
          ? "it is what an action led to" : "of tables, actions and observations are read")
    }
  }

  /// Sees episodes at the root as those of `data`.
  private init(demos: [String], _ path: String, following links: LinkPolicy) throws {
    file = try HDF5File(inMemory: path, following: links) { root in
      let data = try root.createGroup(Layout.data)
      for name in demos { try data.link(name, to: "/\(name)", in: path) }
    }
    unused = []
  }

  /// Sees Minari's episodes as ours; of each whether its observations are a table.
  private init(
    minari episodes: [(name: String, isTable: Bool)], _ path: String,
    following links: LinkPolicy
  ) throws {
    file = try HDF5File(inMemory: path, following: links) { root in
      let data = try root.createGroup(Layout.data)
      for (index, (name, isTable)) in episodes.enumerated() {
        let demo = try data.createGroup(Layout.demo(index))
        for part in ["actions", "rewards"] {
          try demo.link(part, to: "/\(name)/\(part)", in: path)
        }
        if isTable {
          try demo.createGroup("obs").link(
            "observations", to: "/\(name)/observations", in: path)
        } else {
          try demo.link("obs", to: "/\(name)/observations", in: path)
        }
      }
    }
    unused = []
  }

  /// Sees a file of another layout as one of ours.
  ///
  /// - Parameters:
  ///   - other: The file, open.
  ///   - path: Its path.
  ///   - links: Which further files it may lead to; where none, nothing is reached by links.
  /// - Returns: The view; nil where it is not certain what is what.
  /// - Throws: ``HDF5Failure`` for a table that contradicts itself or cannot be read.
  static func of(
    _ other: HDF5File, _ path: String, following links: LinkPolicy
  ) throws -> ForeignView? {
    let names = try other.withRoot { root in try root.names() }
    func has(_ name: String) -> Bool { names.contains(name) }
    if has("actions"), has("observations") {
      let table = try other.withRoot { root in try ForeignTable(root, names) }
      let others = names.filter { !ForeignTable.used.contains($0) }
      return try table.map { try ForeignView($0, others: others, path) }
    }
    if links == .nowhere { return nil }
    if has("action"), has("observations") {
      let folder = (path as NSString).deletingLastPathComponent
      return try ForeignView(episodes: [path], in: folder, following: links)
    }
    let minari = names.compactMap { name in
      name.hasPrefix("episode_") ? Int(name.dropFirst(8)).map { ($0, name) } : nil
    }.sorted { $0 < $1 }.map(\.1)
    if !minari.isEmpty {
      let areTables = try other.withRoot { root in
        try minari.map { try root.group($0).isDataset("observations") }
      }
      return try ForeignView(
        minari: zip(minari, areTables).map { (name: $0, isTable: $1) }, path, following: links)
    }
    let demos = Layout.ordered(names.filter(Layout.isDemo))
    return demos.isEmpty ? nil : try ForeignView(demos: demos, path, following: links)
  }
}

/// All steps of all episodes in one table, as D4RL keeps them.
private struct ForeignTable: Sendable {
  /// What of such a file is used.
  static let used = ["actions", "observations", "rewards", "terminals", "timeouts"]

  fileprivate struct Column: Sendable {
    let shape: [Int]
    let values: Series.Elements
  }

  private let columns: [String: Column]
  private let episodes: [Range<Int>]

  /// Reads a table; nil where it does not say where all episodes end.
  ///
  /// They end where `terminals` or `timeouts` say so, and where an observation is not what the
  /// action before it led to. Of these, one beside `terminals` must be there.
  init?(_ root: borrowing HDF5Group, _ names: [String]) throws {
    var columns: [String: Column] = [:]
    for name in Self.used + ["next_observations"] where names.contains(name) {
      let dataset = try root.dataset(name)
      if let reason = try dataset.absence() { throw HDF5Failure(reason: "\(name): \(reason)") }
      guard let count = dataset.count, !dataset.dimensions.isEmpty else { return nil }
      columns[name] = Column(
        shape: Array(dataset.dimensions.dropFirst()),
        values: dataset.fitsFloat
          ? .float32(try dataset.floats(count)) : .float64(try dataset.doubles(count)))
    }
    guard columns["timeouts"] != nil || columns["next_observations"] != nil,
      let actions = columns["actions"], actions.count > 0
    else { return nil }
    let steps = actions.count
    for (name, column) in columns where column.count != steps {
      throw HDF5Failure(reason: "'\(name)' has \(column.count) steps, but 'actions' \(steps)")
    }
    var episodes: [Range<Int>] = []
    var start = 0
    for step in 0..<steps {
      let isMarked = ["terminals", "timeouts"].contains { columns[$0]?.isSet(step) == true }
      let isBreak = columns["next_observations"].map { next in
        step + 1 < steps && columns["observations"]?.row(step + 1) != next.row(step)
      }
      guard isMarked || isBreak == true || step == steps - 1 else { continue }
      episodes.append(start..<step + 1)
      start = step + 1
    }
    self.columns = columns
    self.episodes = episodes
  }

  /// Writes the episodes.
  func write(to root: borrowing HDF5Group) throws {
    let data = try root.createGroup(Layout.data)
    for (index, steps) in episodes.enumerated() {
      let demo = try data.createGroup(Layout.demo(index))
      try columns["actions"]?.write(steps, to: demo, as: "actions")
      try columns["rewards"]?.write(steps, to: demo, as: "rewards")
      try columns["terminals"]?.write(steps, to: demo, as: "dones")
      try columns["observations"]?.write(steps, to: demo.createGroup("obs"), as: "observations")
    }
  }
}

extension ForeignTable.Column {
  private var width: Int { shape.reduce(1, *) }

  /// The number of steps.
  fileprivate var count: Int {
    switch values {
    case .float32(let values): values.count / max(width, 1)
    case .float64(let values): values.count / max(width, 1)
    case .uint8(let values): values.count / max(width, 1)
    }
  }

  fileprivate func isSet(_ step: Int) -> Bool { row(step).contains { $0 != 0 } }

  fileprivate func row(_ step: Int) -> [Double] {
    let range = step * width..<(step + 1) * width
    return switch values {
    case .float32(let values): values[range].map { Double($0) }
    case .float64(let values): Array(values[range])
    case .uint8(let values): values[range].map { Double($0) }
    }
  }

  fileprivate func write(
    _ steps: Range<Int>, to group: borrowing HDF5Group, as name: String
  ) throws {
    let range = steps.lowerBound * width..<steps.upperBound * width
    let dimensions = [steps.count] + shape
    switch values {
    case .float32(let values):
      try group.writePlain(
        name, dimensions, Array(values[range]), CHDF5_file_float32(), CHDF5_native_float())
    case .float64(let values):
      try group.writePlain(
        name, dimensions, Array(values[range]), CHDF5_file_float64(), CHDF5_native_double())
    case .uint8(let values):
      try group.writePlain(
        name, dimensions, Array(values[range]), CHDF5_file_uint8(), CHDF5_native_uint8())
    }
  }
}
