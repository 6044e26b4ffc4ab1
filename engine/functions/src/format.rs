//! The text form of every value: what `tostring` answers and results print.
