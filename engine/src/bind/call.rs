//! Calls: which function a name means, which overload its arguments choose.

use kql_parser::ast;
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::Value;
use vizsla_functions::def::{Eval, Param, ScalarDef, Signature};
use vizsla_schema::{KqlType, suggest};

use super::Binder;
use super::convert::fit;
use super::env::Binding;
use super::row::{Lifted, Row};
use crate::bound::{AggregateCall, Expr, ExprKind, WindowCall};
use crate::error::{self, unsupported};
use crate::functions::agg::{self, AggCall, AggregateDef, Outputs};
use crate::functions::window::{self, WindowDef};
use crate::functions::{self, not_built};

impl<'a> Binder<'a> {
    pub(super) fn bind_call(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let name = &*call.name.text;
        if let Some(element) = self.bind_element_call(call, row) {
            return element;
        }
        if let Some(Binding::Function(function)) = self.env.get(name) {
            let function = function.clone();
            return self.call_user_scalar(&function, call, row);
        }
        if let Some(def) = agg::aggregate(name)
            && matches!(row.lifted, Lifted::Aggregates(_) | Lifted::InsideAggregate)
        {
            return self.bind_aggregate(def, call, row);
        }
        if let Some(def) = window::window(name) {
            return self.bind_window(def, call, row);
        }
        if let Some(special) = self.bind_special(call, row) {
            return special;
        }
        match functions::scalar(name) {
            Some(def) if matches!(def.eval, Eval::Binder) => {
                self.fail(unsupported(format_args!("`{name}`"), call.span))
            }
            Some(def) => {
                let args = self.bind_arguments(&call.arguments, row);
                self.apply(def, args, call.span)
            }
            None => self.unknown_function(call),
        }
    }

    pub(super) fn bind_arguments(&mut self, arguments: &'a [ast::NamedExpr], row: &mut Row<'_>) -> Vec<Expr> {
        arguments.iter().map(|argument| self.bind_scalar(&argument.expr, row)).collect()
    }

    fn unknown_function(&mut self, call: &ast::Call) -> Expr {
        let name = &call.name;
        if agg::aggregate(&name.text).is_some() {
            let message = format!("the aggregate `{}` can only stand in `summarize` and the like", name.text);
            return self.fail(Diagnostic::error(error::AGGREGATE_MISPLACED, name.span).message(message));
        }
        if not_built::is_function(&name.text) {
            return self.fail(unsupported(format_args!("`{}`", name.text), name.span));
        }
        let own = self.env.iter().filter(|(_, binding)| matches!(binding, Binding::Function(_)));
        let known: Vec<&str> = functions::scalars().map(|def| def.name).chain(own.map(|(name, _)| &**name)).collect();
        let hint = suggest(&name.text, known).map(|it| format!("did you mean `{it}`?"));
        let message = format!("no function named `{}`", name.text);
        self.fail(Diagnostic::error(error::UNKNOWN_FUNCTION, name.span).message(message).hint(hint))
    }

    /// A call of `def` with the overload that fits best; constants are folded.
    pub(crate) fn apply(&mut self, def: &'static ScalarDef, args: Vec<Expr>, span: Span) -> Expr {
        let Some((signature, types)) = self.overload(def.name, def.signatures, &args, span) else {
            return Expr::poison(span);
        };
        let returns = signature.returns.of(&types);
        if args.iter().any(Expr::is_poison) {
            return Expr { ty: returns, ..Expr::poison(span) };
        }
        let args = self.convert_all(args, &types);
        self.checked_call(def, args, returns, span)
    }

    fn convert_all(&mut self, args: Vec<Expr>, types: &[KqlType]) -> Vec<Expr> {
        args.into_iter().zip(types).map(|(arg, ty)| self.convert_to(arg, *ty)).collect()
    }

    /// A call whose arguments have their types: literal arguments are checked, constants folded.
    pub(super) fn checked_call(&mut self, def: &'static ScalarDef, args: Vec<Expr>, ty: KqlType, span: Span) -> Expr {
        if let Some(check) = def.check {
            let literals: Vec<_> = args.iter().map(|arg| arg.as_literal().cloned()).collect();
            if let Err(bad) = check(&literals) {
                let at = args.get(bad.index).map_or(span, |arg| arg.span);
                let code = kql_parser::diagnostic::Code { service: Some(bad.service_code), ..error::BAD_ARGUMENT };
                return self.fail(Diagnostic::error(code, at).message(bad.message));
            }
        }
        debug_assert!(matches!(def.eval, Eval::Kernel(_)), "`{}` is the binder's own", def.name);
        self.fold(Expr { kind: ExprKind::Call { def, args }, ty, span })
    }

    /// The overload that costs the fewest conversions, with the types its arguments become.
    pub(super) fn overload(
        &mut self,
        name: &str,
        signatures: &'static [Signature],
        args: &[Expr],
        span: Span,
    ) -> Option<(&'static Signature, Vec<KqlType>)> {
        let candidates = signatures.iter().filter_map(|signature| Some((signature, fit_all(signature, args)?)));
        let best = candidates.min_by_key(|(_, (cost, _))| *cost);
        match best {
            Some((signature, (_, types))) => {
                self.constants_given(name, signature, args);
                Some((signature, types))
            }
            None => {
                self.no_overload(name, signatures, args, span);
                None
            }
        }
    }

    fn constants_given(&mut self, name: &str, signature: &Signature, args: &[Expr]) {
        for (index, arg) in args.iter().enumerate() {
            let constant = matches!(param_at(signature, index), Some(Param::Const(_)));
            if constant && arg.as_literal().is_none() && !arg.is_poison() && !matches!(arg.kind, ExprKind::Step(_)) {
                let message = format!("argument {} of `{name}` has to be a constant", index + 1);
                self.report(Diagnostic::error(error::CONSTANT_REQUIRED, arg.span).message(message));
            }
        }
    }

    fn no_overload(&mut self, name: &str, signatures: &[Signature], args: &[Expr], span: Span) {
        let accepts = |count: usize| {
            signatures.iter().any(|it| count >= it.required && (it.rest.is_some() || count <= it.params.len()))
        };
        if !accepts(args.len()) {
            let message = format!("`{name}` takes {}, not {}", arity(signatures), args.len());
            self.report(Diagnostic::error(error::ARITY, span).message(message));
            return;
        }
        let wrong = first_misfit(signatures, args);
        let message = match wrong {
            Some(index) => format!("`{name}` cannot take a {} as argument {}", args[index].ty.name(), index + 1),
            None => format!("`{name}` cannot take these types together"),
        };
        let at = wrong.map_or(span, |index| args[index].span);
        let numbers = wrong.is_some_and(|index| {
            signatures.iter().all(|it| matches!(param_at(it, index), Some(Param::Number | Param::Is(KqlType::Real))))
        });
        let code = if numbers { error::with_service(error::TYPE_MISMATCH, "SEM0201") } else { error::TYPE_MISMATCH };
        self.report(Diagnostic::error(code, at).message(message).hint(expected(signatures, wrong)));
    }

    fn bind_window(&mut self, def: &'static WindowDef, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        let Lifted::Windows { serialized, .. } = row.lifted else {
            let message = format!("`{}` needs ordered rows and cannot stand here", def.name);
            return self.fail(Diagnostic::error(error::NOT_SERIALIZED, call.span).message(message));
        };
        if !serialized {
            let message = format!("`{}` needs rows in an order", def.name);
            let hint = "add `| sort by …` or `| serialize` before";
            self.report(Diagnostic::error(error::NOT_SERIALIZED, call.span).message(message).hint(hint));
        }
        let args = self.bind_arguments(&call.arguments, row);
        let Some((signature, types)) = self.overload(def.name, def.signatures, &args, call.span) else {
            return Expr::poison(call.span);
        };
        let returns = signature.returns.of(&types);
        let args = self.convert_all(args, &types);
        let output = (self.new_id(), returns);
        if let Lifted::Windows { calls, .. } = &mut row.lifted {
            calls.push(WindowCall { def, args, output });
        }
        Expr { kind: ExprKind::Column(output.0), ty: returns, span: call.span }
    }

    /// An aggregate with one answer, inside an expression of `summarize`.
    fn bind_aggregate(&mut self, def: &'static AggregateDef, call: &'a ast::Call, row: &mut Row<'_>) -> Expr {
        if matches!(row.lifted, Lifted::InsideAggregate) {
            let message = "an aggregate cannot stand inside another";
            return self.fail(Diagnostic::error(error::AGGREGATE_MISPLACED, call.span).message(message));
        }
        let args = self.bind_inside_aggregate(&call.arguments, row);
        let Some(aggregate) = self.aggregate_call(def, args, call.span) else { return Expr::poison(call.span) };
        let (id, ty) = aggregate.outputs[0];
        if let Lifted::Aggregates(calls) = &mut row.lifted {
            calls.push(aggregate);
        }
        Expr { kind: ExprKind::Column(id), ty, span: call.span }
    }

    /// Arguments of an aggregate, where columns are allowed and further aggregates are not.
    pub(crate) fn bind_inside_aggregate(&mut self, arguments: &'a [ast::NamedExpr], row: &mut Row<'_>) -> Vec<Expr> {
        let outside = std::mem::replace(&mut row.lifted, Lifted::InsideAggregate);
        let args = self.bind_arguments(arguments, row);
        row.lifted = outside;
        args
    }

    /// A call of `def` over bound arguments: overload, predicate, constants, fresh output columns.
    pub(crate) fn aggregate_call(
        &mut self,
        def: &'static AggregateDef,
        args: Vec<Expr>,
        span: Span,
    ) -> Option<AggregateCall> {
        let (signature, mut types) = self.overload(def.name, def.signatures, &args, span)?;
        let mut args = self.convert_all(args, &types);
        let mut filter = None;
        if let Some(index) = def.predicate.filter(|index| *index < args.len()) {
            filter = Some(args.remove(index));
            types.remove(index);
        }
        let returns = signature.returns.of(&types);
        // The signature counts the predicate, the arguments no longer do.
        let written = |index: usize| index + usize::from(def.predicate.is_some_and(|at| index >= at));
        let is_constant = |index: usize| agg::is_constant(signature, written(index));
        let constants =
            args.iter().enumerate().map(|(index, arg)| is_constant(index).then(|| arg.as_literal().cloned()).flatten());
        let constants: Vec<Option<Value>> = constants.collect();
        let outputs = match def.outputs {
            Outputs::One => vec![returns],
            Outputs::EachArgument => types.clone(),
            Outputs::EachConstant => constants.iter().flatten().map(|_| returns).collect(),
        };
        let outputs = outputs.into_iter().map(|ty| (self.new_id(), ty)).collect();
        let mut index = 0;
        args.retain(|_| (!is_constant(index), index += 1).0);
        Some(AggregateCall { def, args, call: AggCall { types, constants, returns }, filter, outputs })
    }
}

fn param_at(signature: &Signature, index: usize) -> Option<Param> {
    signature.params.get(index).copied().or(signature.rest)
}

/// The types all arguments become, with the cost; `None` if one does not fit.
fn fit_all(signature: &Signature, args: &[Expr]) -> Option<(u32, Vec<KqlType>)> {
    if args.len() < signature.required {
        return None;
    }
    let mut total = 0;
    let mut types = Vec::with_capacity(args.len());
    for (index, arg) in args.iter().enumerate() {
        let (cost, ty) = fit(arg, param_at(signature, index)?)?;
        total += cost;
        types.push(ty);
    }
    Some((total, types))
}

/// The first argument that no overload takes at its place.
fn first_misfit(signatures: &[Signature], args: &[Expr]) -> Option<usize> {
    let fits = |index: usize, arg: &Expr| {
        signatures.iter().any(|it| param_at(it, index).is_some_and(|param| fit(arg, param).is_some()))
    };
    args.iter().enumerate().find(|(index, arg)| !fits(*index, arg)).map(|(index, _)| index)
}

fn arity(signatures: &[Signature]) -> String {
    let least = signatures.iter().map(|it| it.required).min().unwrap_or(0);
    let most = signatures.iter().map(|it| it.params.len()).max().unwrap_or(0);
    let arguments = |count: usize| if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") };
    if signatures.iter().any(|it| it.rest.is_some()) {
        format!("at least {}", arguments(least))
    } else if least == most {
        arguments(least)
    } else {
        format!("{least} to {}", arguments(most))
    }
}

/// What a misfit argument should have been.
fn expected(signatures: &[Signature], wrong: Option<usize>) -> Option<String> {
    let index = wrong?;
    let mut names: Vec<String> = Vec::new();
    for name in signatures.iter().filter_map(|it| param_at(it, index)).map(param_name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Some(format!("expected {}", names.join(" or ")))
}

fn param_name(param: Param) -> String {
    match param {
        Param::Is(ty) | Param::Exactly(ty) => ty.name().to_owned(),
        Param::Const(ty) => format!("a constant {}", ty.name()),
        Param::Number => "a number".to_owned(),
        Param::Integer => "an integer".to_owned(),
        Param::Text | Param::Any => "any scalar".to_owned(),
    }
}
