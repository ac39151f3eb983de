use std::io::{self, BufWriter, Write};

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use gongqiao_access::{Caller, Problem, Query};
use gongqiao_contract::{Code, Moment, view::ExportDictionary};
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::operator;
use crate::{
    Replay,
    export::{self, Export, Format, Range, Table},
};

/// Pieces of a file that wait for whoever reads it.
const WAITING: usize = 16;
/// Bytes of a piece.
const PIECE: usize = 64 << 10;

pub(super) fn routes() -> OpenApiRouter<Replay> {
    OpenApiRouter::new().routes(routes!(dictionary)).routes(routes!(table))
}

/// What the columns of exports mean, in both languages. For the bureau.
#[utoipa::path(
    get,
    path = "/v1/exports/dictionary",
    operation_id = "export_dictionary",
    tag = "past",
    responses((status = 200, body = ExportDictionary)),
    extensions(("x-refusals" = json!([Code::AuthKind]))),
)]
async fn dictionary(Caller(speaker): Caller) -> Result<Json<ExportDictionary>, Problem> {
    operator(&speaker)?;
    Ok(Json(export::dictionary()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Events from this moment on, as of `at` in `/v1/state`; the beginning
    /// without it.
    #[param(example = "2021-07-01")]
    from: Option<String>,
    /// Events up to this moment; the present without it.
    until: Option<String>,
    /// `csv`, `xlsx`, `jsonl`, `parquet` or `sqlite`; `csv` without it.
    format: Option<String>,
}

/// A table of a range: one row for each `dispatch`, `vacancy` or `signal` that
/// an event of the range is about, as it stands at the end of the range; of
/// `placement`, one for each promise of a person to a post. Without personal
/// data. A file that breaks off is not whole: take it again. For the bureau.
#[utoipa::path(
    get,
    path = "/v1/exports/{table}",
    operation_id = "export",
    tag = "past",
    params(Wanted),
    responses((status = 200, content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Vec<u8> = "application/vnd.apache.parquet"),
        (Vec<u8> = "application/vnd.sqlite3"),
    ))),
    extensions(("x-refusals" = json!([
        Code::AuthKind, Code::MomentUnreadable, Code::ReadAhead, Code::PastOrder,
        Code::PastBusy, Code::ExportTable, Code::ExportFormat, Code::BrokerUnavailable,
    ]))),
)]
async fn table(
    State(replay): State<Replay>,
    Caller(speaker): Caller,
    Path(table): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    operator(&speaker)?;
    let table: Table = table.parse()?;
    let format: Format = wanted.format.as_deref().unwrap_or("csv").parse()?;
    let from: Moment = wanted.from.as_deref().unwrap_or("#0").parse()?;
    let until: Moment = wanted.until.as_deref().unwrap_or("now").parse()?;
    let api = &replay.api;
    let turn = replay.past.turn_for_long(api.patience).await?;
    let range = Range::between(&api.live, (from, until), api.clock.now()).await?;
    let live = api.live.clone();
    let (pieces, mut arrived) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        // Why: nobody folds on for a reader who has gone.
        let export = tokio::select! {
            export = Export::fold(&live, range) => export,
            () = pieces.closed() => return,
        };
        let written = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            write(&export, table, format, &pieces);
        });
        // Why: a panic breaks the file off, which its reader sees.
        let _ = written.await;
    });
    let body = futures::stream::poll_fn(move |context| arrived.poll_recv(context));
    let name = format!("{}-{}-{}.{}", table.as_str(), range.after, range.until, format.as_str());
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

type Piece = io::Result<Bytes>;

/// Writes a file into a channel; what goes wrong breaks it off.
fn write(export: &Export, table: Table, format: Format, pieces: &mpsc::Sender<Piece>) {
    let mut to = BufWriter::with_capacity(PIECE, Pieces(pieces));
    let written = export.write(table, format, &mut to);
    let flushed = written.map_err(io::Error::other).and_then(|rows| to.flush().map(|()| rows));
    match flushed {
        Ok(rows) => tracing::info!(table = table.as_str(), rows, "replay.export"),
        Err(e) => {
            tracing::warn!(table = table.as_str(), error = %e, "replay.export");
            // Why: whoever reads it has gone, or hears of it.
            let _ = pieces.blocking_send(Err(e));
        }
    }
}

struct Pieces<'a>(&'a mpsc::Sender<Piece>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
