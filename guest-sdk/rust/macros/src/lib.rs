//! The attribute `#[cogen_guest::main]`. Its documentation is where it is used: in the crate `cogen-guest`.

use proc_macro::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, ItemFn, parse_macro_input};

/// Makes a function the entry of this component: the life of one coroutine.
///
/// The function takes nothing or one argument that implements `FromArgs`, and returns what implements `IntoResult`.
/// All the attribute adds is the export that calls it; the function itself stays as it was written.
#[proc_macro_attribute]
pub fn main(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let attribute = proc_macro2::TokenStream::from(attribute);
    let function = parse_macro_input!(item as ItemFn);
    if let Err(error) = check(&attribute, &function) {
        let error = error.into_compile_error();
        return quote!(#function #error).into();
    }

    let name = &function.sig.ident;
    // The spans make the compiler point at the argument or the result that does not fit, not at the attribute.
    let call = match function.sig.inputs.first() {
        None => quote!(|_| ::core::result::Result::Ok(#name())),
        Some(argument) => {
            let from_args = quote_spanned!(argument.span()=> ::cogen_guest::args::FromArgs::from_args);
            quote!(|args| #from_args(args).map(#name))
        }
    };
    let result = function.sig.output.span();
    let enter = quote_spanned!(result=> ::cogen_guest::args::__enter);
    quote! {
        #function

        const _: () = {
            struct Entry;

            impl ::cogen_guest::bindings::Guest for Entry {
                fn run(
                    args: ::std::vec::Vec<u8>,
                ) -> ::core::result::Result<::std::vec::Vec<u8>, ::std::string::String> {
                    #enter(args, #call)
                }
            }

            ::cogen_guest::bindings::__export_entry!(Entry with_types_in ::cogen_guest::bindings);
        };
    }
    .into()
}

/// Refuse what cannot be an entry, saying what to write instead.
fn check(attribute: &proc_macro2::TokenStream, function: &ItemFn) -> Result<(), Error> {
    let signature = &function.sig;
    if !attribute.is_empty() {
        return Err(Error::new_spanned(attribute, "`#[cogen_guest::main]` takes no arguments"));
    }
    if let Some(keyword) = &signature.asyncness {
        let message = "the entry of a coroutine is not `async`: its operations park by themselves, so remove `async`";
        return Err(Error::new_spanned(keyword, message));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(&signature.generics, "the entry of a coroutine cannot be generic"));
    }
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
        return Err(Error::new_spanned(receiver, "the entry of a coroutine is a free function, without `self`"));
    }
    if let Some(extra) = signature.inputs.iter().nth(1) {
        let message = "the entry of a coroutine takes one argument at most: put several values in a `Json<T>`";
        return Err(Error::new_spanned(extra, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    fn refusal(attribute: &TokenStream, function: TokenStream) -> Option<String> {
        let function = syn::parse2(function).expect("it is a function");
        super::check(attribute, &function).err().map(|error| error.to_string())
    }

    #[test]
    fn an_entry_takes_nothing_or_one_argument() {
        assert_eq!(
            refusal(
                &quote!(),
                quote!(
                    fn run() {}
                )
            ),
            None
        );
        assert_eq!(
            refusal(
                &quote!(),
                quote!(
                    fn run(name: String) -> Result<String, Error> {}
                )
            ),
            None
        );
    }

    #[test]
    fn what_cannot_be_an_entry_is_told_what_to_write_instead() {
        for (attribute, function, part) in [
            (
                quote!(fast),
                quote!(
                    fn run() {}
                ),
                "takes no arguments",
            ),
            (
                quote!(),
                quote!(
                    async fn run() {}
                ),
                "remove `async`",
            ),
            (
                quote!(),
                quote!(
                    fn run<T>(args: T) {}
                ),
                "cannot be generic",
            ),
            (
                quote!(),
                quote!(
                    fn run(&self) {}
                ),
                "without `self`",
            ),
            (
                quote!(),
                quote!(
                    fn run(a: String, b: String) {}
                ),
                "put several values in a `Json<T>`",
            ),
        ] {
            let refusal = refusal(&attribute, function).expect("it is refused");
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}
