//! Plugins that are written in KQL: functions over the rows before `evaluate`.

/// Definitions as `let` statements, read when an engine is built.
///
/// Source: kusto/query/schema-merge-plugin. A column keeps its place, or has the last of its places where the order need not
/// be preserved. Types meet in the wider number; what an error between other types says is our choice.
pub(crate) const PLUGINS: &str = r"
let schema_merge = (T:(ColumnName:string, ColumnOrdinal:long, ColumnType:string), PreserveOrder:bool=true) {
    T
    | summarize First = min(ColumnOrdinal), Last = max(ColumnOrdinal), Low = min(ColumnType), High = max(ColumnType),
        Wide = countif(ColumnType !in ('int', 'long')), Wider = countif(ColumnType !in ('int', 'long', 'real'))
        by ColumnName
    | extend ColumnType = case(
        PreserveOrder and First != Last, 'ERROR(columns are out of order)',
        Low == High, Low,
        Wide == 0, 'long',
        Wider == 0, 'real',
        strcat('ERROR(types do not merge: ', Low, ', ', High, ')'))
    | extend DataType = case(
        ColumnType == 'bool', 'System.SByte',
        ColumnType == 'datetime', 'System.DateTime',
        ColumnType == 'decimal', 'System.Data.SqlTypes.SqlDecimal',
        ColumnType == 'dynamic', 'System.Object',
        ColumnType == 'guid', 'System.Guid',
        ColumnType == 'int', 'System.Int32',
        ColumnType == 'long', 'System.Int64',
        ColumnType == 'real', 'System.Double',
        ColumnType == 'string', 'System.String',
        ColumnType == 'timespan', 'System.TimeSpan',
        strcat('ERROR(unknown CSL type:', ColumnType, ')'))
    | extend Failed = ColumnType startswith 'ERROR'
    | sort by Failed asc, Last asc, ColumnName asc
    | project ColumnName, ColumnOrdinal = iff(Failed, -1, tolong(Last)), DataType, ColumnType
};
";
