/// A row's identity, as version 0.1 called it.
@available(*, deprecated, renamed: "SpeedRow")
public typealias SpeedItem = SpeedRow

/// The figures of a timed row, as version 0.1 called them.
@available(*, deprecated, renamed: "TimedRow")
public typealias SpeedStep = TimedRow

/// The figures of a row of memory, as version 0.1 called them.
@available(*, deprecated, renamed: "MemoryRow")
public typealias SpeedMemory = MemoryRow

/// The figures of an environment's row, as version 0.1 called them.
@available(*, deprecated, renamed: "EnvironmentRow")
public typealias SpeedEnvironment = EnvironmentRow

/// The figures of a row of rollouts, as version 0.1 called them.
@available(*, deprecated, renamed: "RolloutRow")
public typealias SpeedRollouts = RolloutRow
