//! Guests made by dice: they call what the engine offers in any order, with any numbers for handles, pointers and lengths.
//!
//! A guest is a core module whose imports and exports are those of the world `coroutine`, so that it is a component when the types
//! are added. Most of what it does makes some sense, or nothing would come of it: handles are small numbers, or what an
//! earlier call has answered; texts are where there is something to read.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, MemArg, MemArgTarget, MemorySection, MemoryType, Module,
    TypeSection, ValType,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{
    LiftLowerAbi, ManglingAndAbi, Resolve, ResourceIntrinsic, TypeDefKind, WasmImport, WorldId, WorldItem,
};

/// The name of the program, by which a guest may start more of its kind.
pub(crate) const PROGRAM: &str = "p";

const ABI: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// A function that the engine offers.
struct Import {
    module: String,
    name: String,
    params: Vec<ValType>,
    result: Option<ValType>,
    /// Whether the last parameter is where to write the answer.
    answers_in_memory: bool,
}

/// What guests are made for.
struct World {
    resolve: Resolve,
    id: WorldId,
    imports: Vec<Import>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).expect("it is the contract");
    let id = resolve.select_world(&[package], Some("coroutine")).expect("it has this world");
    let mut imports = Vec::new();
    for (key, item) in &resolve.worlds[id].imports {
        let WorldItem::Interface { id, .. } = item else { continue };
        for func in resolve.interfaces[*id].functions.values() {
            let (module, name) = resolve.wasm_import_name(ABI, WasmImport::Func { interface: Some(key), func });
            let signature = resolve.wasm_signature(AbiVariant::GuestImport, func);
            imports.push(Import {
                module,
                name,
                params: signature.params.into_iter().map(of_core).collect(),
                result: signature.results.into_iter().map(of_core).next(),
                answers_in_memory: signature.retptr,
            });
        }
        for &resource in resolve.interfaces[*id].types.values() {
            if !matches!(resolve.types[resource].kind, TypeDefKind::Resource) {
                continue;
            }
            let intrinsic = ResourceIntrinsic::ImportedDrop;
            let import = WasmImport::ResourceIntrinsic { interface: Some(key), resource, intrinsic };
            let (module, name) = resolve.wasm_import_name(ABI, import);
            imports.push(Import { module, name, params: vec![ValType::I32], result: None, answers_in_memory: false });
        }
    }
    World { resolve, id, imports }
});

fn of_core(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// The memory: texts at its start, answers behind them, then what is allocated.
const PAGES: u64 = 2;
const END: i32 = (PAGES as i32) << 16;
const TEXTS: &[u8] = b"p\x00127.0.0.1:7\0[::1]:7\0localhost\0localhost:7\x00127.0.0.1:0\0/x\0x\0\xff\xfe\0";
const ANSWERS: i32 = 4096;
const ANSWER: i32 = 64;
const HEAP: i32 = 16384;

/// Locals 0 and 1 are the arguments; then come a counter of turns, and what calls have answered.
const TURNS: u32 = 2;
const KEPT: std::ops::Range<u32> = 3..11;

/// What a guest does.
enum Act {
    /// Calls one of its imports, with these arguments.
    Call(u32, Vec<Argument>),
    /// Does this again and again.
    Repeat(u8, Vec<Act>),
    /// Grows its memory by so many pages.
    Grow(i32),
}

enum Argument {
    Number(i32),
    Long(i64),
    /// What an earlier call has answered.
    Kept(u32),
    /// What is in memory there.
    Loaded(i32),
}

/// How `cabi_realloc` behaves.
#[derive(Clone, Copy)]
enum Allocator {
    Honest,
    Always(i32),
    Traps,
    /// It calls the engine, which is in the middle of something.
    Calls(u32),
}

/// A component with the acts that the dice choose.
///
/// # Errors
/// When there are not enough dice.
///
/// # Panics
/// When it cannot be encoded.
pub(crate) fn component(dice: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut module = Author { dice, used: Vec::new() }.module()?.finish();
    embed_component_metadata(&mut module, &WORLD.resolve, WORLD.id, StringEncoding::UTF8, false)
        .expect("types are added");
    let mut encoder = ComponentEncoder::default();
    encoder.validate(false).module(&module).expect("it is a module");
    Ok(encoder.encode().unwrap_or_else(|error| panic!("it is a component: {error:?}")))
}

/// Writes one guest.
struct Author<'a, 'b> {
    dice: &'a mut Unstructured<'b>,
    /// The imports that it uses, by their places in the world's; others would only have to be compiled.
    used: Vec<usize>,
}

impl Author<'_, '_> {
    fn module(mut self) -> Result<Module> {
        let allocator = self.allocator()?;
        let ends_at = *self.dice.choose(&[ANSWERS, ANSWERS, ANSWERS, 0, END - 4, END, -1, 2])?;
        let acts = self.acts(12, 2)?;
        let data = self.dice.bytes(self.dice.len().min(256))?.to_vec();
        let imports: Vec<&Import> = self.used.iter().map(|&place| &WORLD.imports[place]).collect();
        let count = imports.len() as u32;

        let mut types = TypeSection::new();
        let mut imported = ImportSection::new();
        for (index, import) in imports.iter().enumerate() {
            types.ty().function(import.params.iter().copied(), import.result);
            imported.import(&import.module, &import.name, EntityType::Function(index as u32));
        }
        types.ty().function([ValType::I32; 2], [ValType::I32]);
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(count).function(count + 1);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: PAGES,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        globals
            .global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(HEAP));
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        exports.export("run", ExportKind::Func, count).export("cabi_realloc", ExportKind::Func, count + 1);

        let mut run = Function::new([(1 + KEPT.len() as u32, ValType::I32)]);
        write(&mut run, &acts, &imports, &mut 0);
        run.instruction(&Instruction::I32Const(ends_at)).instruction(&Instruction::End);
        let mut code = CodeSection::new();
        code.function(&run).function(&realloc(allocator, &imports));
        let mut segments = DataSection::new();
        segments.active(0, &ConstExpr::i32_const(0), TEXTS.iter().copied());
        segments.active(0, &ConstExpr::i32_const(ANSWERS), data);

        let mut module = Module::new();
        module.section(&types).section(&imported).section(&functions).section(&memories).section(&globals);
        module.section(&exports).section(&code).section(&segments);
        Ok(module)
    }

    fn allocator(&mut self) -> Result<Allocator> {
        Ok(match self.dice.int_in_range(0..=9)? {
            0 => Allocator::Always(*self.dice.choose(&[0, 1, END - 1, END, -1])?),
            1 => Allocator::Traps,
            2 => Allocator::Calls(self.import()?),
            _ => Allocator::Honest,
        })
    }

    fn acts(&mut self, most: usize, depth: usize) -> Result<Vec<Act>> {
        let count = self.dice.int_in_range(1..=most)?;
        (0..count).map(|_| self.act(depth)).collect()
    }

    fn act(&mut self, depth: usize) -> Result<Act> {
        Ok(match self.dice.int_in_range(0..=15)? {
            0 if depth > 0 => Act::Repeat(*self.dice.choose(&[2, 3, 50])?, self.acts(3, depth - 1)?),
            1 => Act::Grow(*self.dice.choose(&[0, 1, 20, 65536, -1])?),
            _ => {
                let import = self.import()?;
                let of_world = &WORLD.imports[self.used[import as usize]];
                let mut arguments = of_world.params.iter().map(|ty| self.argument(*ty)).collect::<Result<Vec<_>>>()?;
                if of_world.answers_in_memory
                    && let Some(last) = arguments.last_mut()
                    && self.dice.ratio(15, 16)?
                {
                    *last = Argument::Number(self.answer()?);
                }
                Act::Call(import, arguments)
            }
        })
    }

    /// One of the imports of the world, by its place in those of the guest.
    fn import(&mut self) -> Result<u32> {
        let place = self.dice.choose_index(WORLD.imports.len())?;
        let index = self.used.iter().position(|&used| used == place).unwrap_or_else(|| {
            self.used.push(place);
            self.used.len() - 1
        });
        Ok(index as u32)
    }

    fn argument(&mut self, ty: ValType) -> Result<Argument> {
        if ty == ValType::I64 {
            return Ok(Argument::Long(*self.dice.choose(&[0, 1, 1_000, 1_000_000, i64::MAX, i64::MIN, -1])?));
        }
        Ok(match self.dice.int_in_range(0..=15)? {
            0..=5 => Argument::Number(self.dice.int_in_range(0..=6)?),
            6..=8 => Argument::Kept(self.dice.int_in_range(KEPT.start..=KEPT.end - 1)?),
            9..=10 => Argument::Loaded(self.answer()? + *self.dice.choose(&[0, 4, 8, 12])?),
            11 => Argument::Number(self.answer()?),
            12..=13 => Argument::Number(self.dice.int_in_range(0..=TEXTS.len() as i32)?),
            14 => Argument::Number(self.dice.int_in_range(0..=300)?),
            _ => Argument::Number(*self.dice.choose(&[-1, i32::MIN, i32::MAX, END - 1, END, 1 << 20, 50_000_000])?),
        })
    }

    /// Where an answer may be written to, or has been.
    fn answer(&mut self) -> Result<i32> {
        Ok(ANSWERS + ANSWER * self.dice.int_in_range(0..=15)?)
    }
}

fn write(function: &mut Function, acts: &[Act], imports: &[&Import], calls: &mut u32) {
    for act in acts {
        match act {
            Act::Call(import, arguments) => {
                arguments.iter().for_each(|argument| push(function, argument));
                function.instruction(&Instruction::Call(*import));
                match imports[*import as usize].result {
                    Some(ValType::I32) => {
                        function.instruction(&Instruction::LocalSet(KEPT.start + *calls % KEPT.len() as u32));
                        *calls += 1;
                    }
                    Some(_) => drop(function.instruction(&Instruction::Drop)),
                    None => {}
                }
            }
            Act::Repeat(times, acts) => {
                // Loops within loops share the counter: the inner ones make the outer ones end sooner or later.
                function.instruction(&Instruction::I32Const((*times).into()));
                function.instruction(&Instruction::LocalSet(TURNS));
                function.instruction(&Instruction::Loop(BlockType::Empty));
                write(function, acts, imports, calls);
                function.instruction(&Instruction::LocalGet(TURNS)).instruction(&Instruction::I32Const(1));
                function.instruction(&Instruction::I32Sub).instruction(&Instruction::LocalTee(TURNS));
                function.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I32GtS);
                function.instruction(&Instruction::BrIf(0)).instruction(&Instruction::End);
            }
            Act::Grow(pages) => {
                function.instruction(&Instruction::I32Const(*pages)).instruction(&Instruction::MemoryGrow(0));
                function.instruction(&Instruction::Drop);
            }
        }
    }
}

fn push(function: &mut Function, argument: &Argument) {
    match argument {
        Argument::Number(number) => function.instruction(&Instruction::I32Const(*number)),
        Argument::Long(number) => function.instruction(&Instruction::I64Const(*number)),
        Argument::Kept(local) => function.instruction(&Instruction::LocalGet(*local)),
        Argument::Loaded(address) => {
            function.instruction(&Instruction::I32Const(*address));
            function.instruction(&Instruction::I32Load(MemArg {
                offset: 0,
                align: 2,
                target: MemArgTarget::Memory(0),
                ordering: None,
            }))
        }
    };
}

/// `cabi_realloc`: the place of what is had before, its size, the alignment, the size that is wanted.
fn realloc(allocator: Allocator, imports: &[&Import]) -> Function {
    let mut function = Function::new([]);
    match allocator {
        Allocator::Honest => {
            // As all sizes are rounded up to eight, so is every place.
            function.instruction(&Instruction::GlobalGet(0)).instruction(&Instruction::GlobalGet(0));
            function.instruction(&Instruction::LocalGet(3)).instruction(&Instruction::I32Const(7));
            function.instruction(&Instruction::I32Add).instruction(&Instruction::I32Const(-8));
            function.instruction(&Instruction::I32And).instruction(&Instruction::I32Add);
            function.instruction(&Instruction::GlobalSet(0));
        }
        Allocator::Always(place) => drop(function.instruction(&Instruction::I32Const(place))),
        Allocator::Traps => drop(function.instruction(&Instruction::Unreachable)),
        Allocator::Calls(import) => {
            let import_of = imports[import as usize];
            for ty in &import_of.params {
                let zero = if *ty == ValType::I64 { Argument::Long(0) } else { Argument::Number(0) };
                push(&mut function, &zero);
            }
            function.instruction(&Instruction::Call(import));
            if import_of.result.is_some() {
                function.instruction(&Instruction::Drop);
            }
            function.instruction(&Instruction::I32Const(HEAP));
        }
    }
    function.instruction(&Instruction::End);
    function
}
